package org.securemed.ledger.merkle;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The roots of the perfect subtrees that a tree of {@code size} leaves decomposes into, widest first: all that is
 * needed to append and to compute the root. At most 63 hashes.
 *
 * @param size number of leaves
 * @param hashes one hash for each bit set in {@code size}, highest bit first
 */
public record Frontier(long size, List<Hash> hashes) {
    /** The frontier of the empty tree. */
    public static final Frontier EMPTY = new Frontier(0, List.of());

    public Frontier {
        if (size < 0 || hashes.size() != Long.bitCount(size)) {
            throw new IllegalArgumentException(
                    "%d hashes do not make the frontier of %d leaves".formatted(hashes.size(), size));
        }
        hashes = List.copyOf(hashes);
    }

    /**
     * Reads {@link #toByteArray()}.
     *
     * @throws IllegalArgumentException if the bytes are not 32 for each bit set in {@code size}
     */
    public static Frontier of(long size, byte[] bytes) {
        if (size < 0 || bytes.length != Long.bitCount(size) * Hash.LENGTH) {
            throw new IllegalArgumentException(
                    "%d bytes do not make the frontier of %d leaves".formatted(bytes.length, size));
        }
        List<Hash> hashes = new ArrayList<>();
        for (int offset = 0; offset < bytes.length; offset += Hash.LENGTH) {
            hashes.add(Hash.of(bytes, offset, Hash.LENGTH));
        }
        return new Frontier(size, hashes);
    }

    /** The hashes one after the other. */
    public byte[] toByteArray() {
        byte[] bytes = new byte[hashes.size() * Hash.LENGTH];
        for (int i = 0; i < hashes.size(); i++) {
            hashes.get(i).copyTo(bytes, i * Hash.LENGTH);
        }
        return bytes;
    }

    /** The frontier after these leaf hashes were appended. */
    public Frontier append(List<Hash> leaves) {
        Builder builder = extend();
        leaves.forEach(builder::add);
        return builder.build();
    }

    /**
     * MTH(D[size]): the root.
     *
     * @see <a href="https://www.rfc-editor.org/rfc/rfc9162#section-2.1.1">RFC 9162, section 2.1.1</a>
     */
    public Hash root() {
        return rootOf(hashes);
    }

    /** A builder that starts from this frontier. */
    public Builder extend() {
        return new Builder(this);
    }

    private static Hash rootOf(List<Hash> hashes) {
        if (hashes.isEmpty()) {
            return TreeHash.EMPTY_ROOT;
        }
        Hash root = hashes.get(hashes.size() - 1);
        for (int i = hashes.size() - 2; i >= 0; i--) {
            root = TreeHash.node(hashes.get(i), root);
        }
        return root;
    }

    /** A frontier that grows in place. Not thread safe. */
    public static final class Builder {
        private final ArrayList<Hash> hashes;
        private long size;
        // Root of the last tile of 256 leaves that became full.
        private @Nullable Hash tile;

        private Builder(Frontier from) {
            this.hashes = new ArrayList<>(from.hashes);
            this.size = from.size;
        }

        /** Appends one leaf hash. */
        public void add(Hash leaf) {
            add(0, leaf);
        }

        /**
         * Appends the 2^height leaves of a perfect subtree.
         *
         * @throws IllegalArgumentException if the leaves so far do not end where such a subtree begins
         */
        public void add(int height, Hash root) {
            if ((size & ((1L << height) - 1)) != 0) {
                throw new IllegalArgumentException("no perfect subtree of that height begins here");
            }
            Hash hash = root;
            int level = height;
            for (long rest = size >>> height; (rest & 1) == 1; rest >>= 1) {
                tile = level == Tile.HEIGHT ? hash : tile;
                hash = TreeHash.node(hashes.remove(hashes.size() - 1), hash);
                level++;
            }
            tile = level == Tile.HEIGHT ? hash : tile;
            hashes.add(hash);
            size += 1L << height;
        }

        /**
         * Appends one leaf hash.
         *
         * @return the root of the tile of 256 leaves that ends with it, if one does
         */
        public Optional<Hash> addToTile(Hash leaf) {
            add(leaf);
            return size % Tile.WIDTH == 0 ? Optional.ofNullable(tile) : Optional.empty();
        }

        /** The root if these perfect subtrees, widest first, came behind the leaves so far; nothing is appended. */
        public Hash rootWith(List<Hash> subtrees) {
            List<Hash> all = new ArrayList<>(hashes);
            all.addAll(subtrees);
            return rootOf(all);
        }

        /** Number of leaves so far. */
        public long size() {
            return size;
        }

        /** The root of the leaves so far. */
        public Hash root() {
            return rootOf(hashes);
        }

        /** The frontier so far. */
        public Frontier build() {
            return new Frontier(size, hashes);
        }
    }
}
