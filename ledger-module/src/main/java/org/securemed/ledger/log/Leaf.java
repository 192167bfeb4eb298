package org.securemed.ledger.log;

import org.jspecify.annotations.Nullable;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.TreeHash;

/**
 * An entry with the bytes that are its leaf, or the hash of one that was pruned. Encoding and hashing happen where it
 * is made, not in the committer.
 */
public final class Leaf {
    // Null when it was pruned.
    private final @Nullable Entry entry;
    private final byte[] body;
    private final Hash hash;

    private Leaf(Entry entry, byte[] body) {
        this.entry = entry;
        this.body = body;
        this.hash = TreeHash.leaf(body);
    }

    private Leaf(Hash hash) {
        this.entry = null;
        this.body = new byte[0];
        this.hash = hash;
    }

    /**
     * Encodes an entry.
     *
     * @throws IllegalArgumentException if it is too large
     */
    public static Leaf of(Entry entry) {
        return new Leaf(entry, entry.toJson());
    }

    /** An entry read back with the bytes it was read from, which are kept as they are. */
    static Leaf of(Entry entry, byte[] body) {
        return new Leaf(entry, body.clone());
    }

    /** The leaf of an entry that was pruned. */
    static Leaf pruned(Hash hash) {
        return new Leaf(hash);
    }

    /** Whether nothing but the hash is there. */
    public boolean isPruned() {
        return entry == null;
    }

    /** The entry; not of one that was pruned. */
    public Entry entry() {
        Entry there = entry;
        if (there == null) {
            throw new IllegalStateException("the entry was pruned");
        }
        return there;
    }

    /** A copy of the leaf's bytes. */
    public byte[] body() {
        return body.clone();
    }

    /** The leaf's bytes without a copy, for adapters: do not change them. */
    public byte[] borrowBody() {
        return body;
    }

    /** The leaf hash. */
    public Hash hash() {
        return hash;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Leaf leaf && hash.equals(leaf.hash);
    }

    @Override
    public int hashCode() {
        return hash.hashCode();
    }

    @Override
    public String toString() {
        return "Leaf[" + (entry == null ? "pruned" : entry.id()) + "]";
    }
}
