package org.securemed.ledger.merkle;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The hashing of RFC 9162: leaves and nodes are told apart by a prefix byte.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9162#section-2.1.1">RFC 9162, section 2.1.1</a>
 */
public final class TreeHash {
    private static final ThreadLocal<MessageDigest> SHA256 = ThreadLocal.withInitial(TreeHash::newSha256);
    private static final ThreadLocal<byte[]> NODE = ThreadLocal.withInitial(() -> {
        byte[] node = new byte[1 + 2 * Hash.LENGTH];
        node[0] = 1;
        return node;
    });

    /** The root of the tree without leaves: SHA-256 of nothing. */
    public static final Hash EMPTY_ROOT = sha256(new byte[0]);

    private TreeHash() {}

    /** SHA-256(0x00 || entry). */
    public static Hash leaf(byte[] entry) {
        MessageDigest digest = SHA256.get();
        digest.update((byte) 0);
        return Hash.owning(digest.digest(entry));
    }

    /** SHA-256(0x01 || left || right). */
    public static Hash node(Hash left, Hash right) {
        byte[] node = NODE.get();
        left.copyTo(node, 1);
        right.copyTo(node, 1 + Hash.LENGTH);
        return sha256(node, 0, node.length);
    }

    /** Plain SHA-256 of a part of {@code bytes}, for what is not a tree, or has its prefix. */
    public static Hash sha256(byte[] bytes, int offset, int length) {
        MessageDigest digest = SHA256.get();
        digest.update(bytes, offset, length);
        return Hash.owning(digest.digest());
    }

    /** Plain SHA-256, for what is not a tree. */
    public static Hash sha256(byte[] bytes) {
        return Hash.owning(SHA256.get().digest(bytes));
    }

    private static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
