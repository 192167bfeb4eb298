package org.securemed.fhir.audit;

import org.securemed.ledger.erasure.SealException;
import org.securemed.ledger.log.LogCorruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Entries that were changed where they are stored. Whoever walks over all of the log passes them, with an error in the
 * operator's log: one row must not stop what looks for such rows. The verifier says what is wrong with them.
 */
final class Unreadable {
    private static final Logger log = LoggerFactory.getLogger(Unreadable.class);

    private Unreadable() {}

    /** Whether a failure to read an entry means that it was changed; anything else may be better next time. */
    static boolean is(RuntimeException failure) {
        return failure instanceof LogCorruptException || failure.getCause() instanceof SealException;
    }

    /** Passes an entry by. */
    static void pass(long index) {
        log.atError().addKeyValue("index", index).log("an entry of the ledger can't be read and is passed by");
    }
}
