package org.securemed.fhir.research;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.engines.AESEngine;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.params.KeyParameter;

/**
 * What a study's pseudonyms and dates are made with. The same in every answer to one study; of nothing in it can be
 * told what the same resource is called in another. Thread-safe.
 */
public final class StudyKey {
    private static final int BLOCK = 16;
    private static final long SECONDS_A_DAY = 86_400;
    private static final long LONGEST_SHIFT_DAYS = 365;
    private static final Pattern PSEUDONYM =
            Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

    private final byte[] pseudonymKey;
    private final byte[] shiftKey;

    StudyKey(byte[] key) {
        this.pseudonymKey = derived(key, "pseudonym", new byte[0]);
        this.shiftKey = derived(key, "shift", new byte[0]);
    }

    /**
     * What a resource is called in this study: AES-256 of one block, its number and 64 zero bits. A permutation: no two
     * have the same, and whoever holds the key gets the number back without a table.
     *
     * @param number of the resource in the database, which is never given out again
     * @return in the form of a UUID
     */
    public String pseudonym(long number) {
        ByteBuffer sealed = ByteBuffer.wrap(block(
                true, ByteBuffer.allocate(BLOCK).putLong(0).putLong(number).array()));
        return new UUID(sealed.getLong(), sealed.getLong()).toString();
    }

    /** The number of a pseudonym of this study; empty for anything else. */
    public OptionalLong number(String pseudonym) {
        if (!PSEUDONYM.matcher(pseudonym).matches()) {
            return OptionalLong.empty();
        }
        UUID sealed = UUID.fromString(pseudonym);
        ByteBuffer open = ByteBuffer.wrap(block(
                false,
                ByteBuffer.allocate(BLOCK)
                        .putLong(sealed.getMostSignificantBits())
                        .putLong(sealed.getLeastSignificantBits())
                        .array()));
        return open.getLong() == 0 ? OptionalLong.of(open.getLong()) : OptionalLong.empty();
    }

    /**
     * How much earlier than it was everything is told to have been that belongs to these patients, in this study: from
     * one day to one year, to the second.
     *
     * @param patients logical ids, at least one
     */
    public Duration shift(Collection<String> patients) {
        if (patients.isEmpty()) {
            throw new IllegalArgumentException("nobody's dates are not shifted");
        }
        long random = ByteBuffer.wrap(derived(shiftKey, "patients", bytes(String.join("|", new TreeSet<>(patients)))))
                .getLong();
        return Duration.ofSeconds(SECONDS_A_DAY + Math.floorMod(random, (LONGEST_SHIFT_DAYS - 1) * SECONDS_A_DAY));
    }

    private byte[] block(boolean encrypt, byte[] in) {
        var engine = AESEngine.newInstance();
        engine.init(encrypt, new KeyParameter(pseudonymKey));
        byte[] out = new byte[BLOCK];
        engine.processBlock(in, 0, out, 0);
        return out;
    }

    /** HMAC-SHA-256 of what it is for and for whom. */
    static byte[] derived(byte[] key, String purpose, byte[] about) {
        HMac mac = new HMac(new SHA256Digest());
        mac.init(new KeyParameter(key));
        byte[] label = bytes(purpose);
        mac.update((byte) label.length);
        mac.update(label, 0, label.length);
        mac.update(about, 0, about.length);
        byte[] out = new byte[mac.getMacSize()];
        mac.doFinal(out, 0);
        return out;
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Without the keys. */
    @Override
    public String toString() {
        return "StudyKey";
    }
}
