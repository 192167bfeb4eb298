package org.securemed.ledger.verify;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryScan;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.replay.LastTransition;

/**
 * Which entries a verifier of files follows: what they say of the log's keys, of consents, and of entries that are
 * gone.
 */
final class Followed {
    private static final Set<Op> OPS = Stream.concat(
                    Stream.of(Op.KEY, Op.RETENTION, Op.CONSENT_SNAPSHOT), LastTransition.relevantOps().stream())
            .collect(Collectors.toUnmodifiableSet());
    private static final byte[][] CODES = OPS.stream()
            .map(op -> op.code().getBytes(StandardCharsets.US_ASCII))
            .toArray(byte[][]::new);

    private Followed() {}

    static boolean has(Entry entry) {
        return OPS.contains(entry.op());
    }

    static boolean has(EntryScan scan) {
        for (byte[] code : CODES) {
            if (scan.hasOp(code)) {
                return true;
            }
        }
        return false;
    }
}
