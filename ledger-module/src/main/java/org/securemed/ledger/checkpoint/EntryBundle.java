package org.securemed.ledger.checkpoint;

import java.io.ByteArrayOutputStream;
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
    // Of the length before an entry.
    private static final int LENGTH = 2;

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
        int[] offsets = offsets(bundle, width);
        List<byte[]> entries = new ArrayList<>(width);
        for (int i = 0; i < width; i++) {
            entries.add(Arrays.copyOfRange(bundle, offsets[i], offsets[i + 1] - LENGTH));
        }
        return entries;
    }

    /**
     * Where the entries of a bundle are in it.
     *
     * @param width how many there must be
     * @return where each begins, and one more: entry {@code i} goes from the i-th to two before the next
     * @throws NoteException if there are more or fewer, or the bytes do not end with the last
     */
    public static int[] offsets(byte[] bundle, int width) throws NoteException {
        int[] offsets = new int[width + 1];
        int at = 0;
        int count = 0;
        while (at < bundle.length && count < width) {
            if (bundle.length - at < LENGTH) {
                throw new NoteException("the bundle ends within a length");
            }
            int length = Byte.toUnsignedInt(bundle[at]) << 8 | Byte.toUnsignedInt(bundle[at + 1]);
            at += LENGTH;
            if (bundle.length - at < length) {
                throw new NoteException("the bundle ends within an entry");
            }
            offsets[count++] = at;
            at += length;
        }
        if (at != bundle.length || count != width) {
            throw new NoteException("the bundle does not hold exactly %d entries".formatted(width));
        }
        offsets[width] = at + LENGTH;
        return offsets;
    }
}
