package org.securemed.ledger.files;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.log.Block;
import org.securemed.ledger.merkle.Hash;

/**
 * A block as a line of text: number, first index, count, base64 of the previous hash, base64 of the root, instance,
 * base64 of the key's fingerprint, base64 of the signature and time in milliseconds, with single spaces, and a line
 * feed.
 */
public final class BlockLine {
    /** The longest line, in bytes; an instance's name has at most 255 characters. */
    public static final int MAX_BYTES = 1_536;

    private static final String NUMBER = "0|[1-9][0-9]{0,17}";

    private BlockLine() {}

    /** The line of a block. */
    public static String of(Block block) {
        return block.number() + " " + block.firstIndex() + " " + block.count() + " " + base64(block.previous()) + " "
                + base64(block.root()) + " " + block.instance() + " " + base64(block.keyId()) + " "
                + block.signature().toBase64() + " " + block.timeMillis() + "\n";
    }

    /** The file of these blocks. */
    public static byte[] file(List<Block> blocks) {
        StringBuilder lines = new StringBuilder();
        blocks.forEach(block -> lines.append(of(block)));
        return lines.toString().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * The blocks of a file.
     *
     * @throws NoteException if it holds anything else
     */
    public static List<Block> parse(byte[] file) throws NoteException {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(file))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new NoteException("the blocks are not UTF-8");
        }
        List<Block> blocks = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            int end = text.indexOf('\n', at);
            if (end < 0) {
                throw new NoteException("the last block is cut off");
            }
            blocks.add(block(text.substring(at, end + 1)));
            at = end + 1;
        }
        return blocks;
    }

    private static Block block(String line) throws NoteException {
        String[] words = line.strip().split(" ", 10);
        try {
            if (words.length != 9
                    || !words[0].matches(NUMBER)
                    || !words[1].matches(NUMBER)
                    || !words[2].matches("[1-9][0-9]{0,8}")
                    || !words[8].matches(NUMBER)) {
                throw new NoteException("a block has nine words");
            }
            Block block = new Block(
                    Long.parseLong(words[0]),
                    Long.parseLong(words[1]),
                    Integer.parseInt(words[2]),
                    hash(words[3]),
                    hash(words[4]),
                    words[5],
                    hash(words[6]),
                    Bytes.of(Base64.getDecoder().decode(words[7])),
                    Long.parseLong(words[8]));
            if (!of(block).equals(line)) {
                throw new NoteException("a block is not in its one form");
            }
            return block;
        } catch (IllegalArgumentException e) {
            throw new NoteException("a block is malformed");
        }
    }

    private static Hash hash(String base64) {
        return Hash.of(Base64.getDecoder().decode(base64));
    }

    private static String base64(Hash hash) {
        return Base64.getEncoder().encodeToString(hash.toByteArray());
    }
}
