package org.securemed.ledger.checkpoint;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Entries as they are served: each with its length, 16 bits, big-endian. One that was pruned has no bytes; its hash is
 * in its tile.
 *
 * @see <a href="https://c2sp.org/tlog-tiles">C2SP tlog-tiles</a>
 */
public final class EntryBundle {
    private static final int MAX_ENTRY = 0xffff;
    private static final int MAX_ENTRIES = 256;

    private EntryBundle() {}

    /**
     * The bundle of these entries.
     *
     * @param entries 1 to 256, each at most 65,535 bytes; empty where one was pruned
     */
    public static byte[] of(List<byte[]> entries) {
        if (entries.isEmpty() || entries.size() > MAX_ENTRIES) {
            throw new IllegalArgumentException("a bundle has 1 to 256 entries");
        }
        ByteArrayOutputStream bundle = new ByteArrayOutputStream();
        for (byte[] entry : entries) {
            if (entry.length > MAX_ENTRY) {
                throw new IllegalArgumentException("an entry has at most 65535 bytes");
            }
            bundle.write(entry.length >>> 8);
            bundle.write(entry.length);
            bundle.writeBytes(entry);
        }
        return bundle.toByteArray();
    }

    /**
     * The entries of a bundle.
     *
     * @param width how many there must be
     * @throws NoteException if there are more or fewer, or the bytes do not end with the last
     */
    public static List<byte[]> parse(byte[] bundle, int width) throws NoteException {
        List<byte[]> entries = new ArrayList<>();
        int at = 0;
        while (at < bundle.length && entries.size() < width) {
            if (bundle.length - at < 2) {
                throw new NoteException("the bundle ends within a length");
            }
            int length = Short.toUnsignedInt(ByteBuffer.wrap(bundle, at, 2).getShort());
            if (bundle.length - at - 2 < length) {
                throw new NoteException("the bundle ends within an entry");
            }
            entries.add(Arrays.copyOfRange(bundle, at + 2, at + 2 + length));
            at += 2 + length;
        }
        if (at != bundle.length || entries.size() != width) {
            throw new NoteException("the bundle does not hold exactly %d entries".formatted(width));
        }
        return entries;
    }
}
