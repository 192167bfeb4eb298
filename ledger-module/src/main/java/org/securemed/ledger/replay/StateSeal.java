package org.securemed.ledger.replay;

import org.securemed.ledger.erasure.PatientKey;
import org.securemed.ledger.erasure.SealException;

/** The seal of a stored consent state: under the patient's key, for one version of the state. */
public final class StateSeal {
    private StateSeal() {}

    /** Seals the canonical bytes of the state of {@code version}. */
    public static byte[] seal(PatientKey key, long version, byte[] canonicalBytes) {
        return key.seal(name(version), canonicalBytes);
    }

    /**
     * The canonical bytes that were sealed.
     *
     * @throws SealException if they were changed, or sealed for another version or patient
     */
    public static byte[] open(PatientKey key, long version, byte[] sealed) throws SealException {
        return key.open(name(version), sealed);
    }

    private static String name(long version) {
        return "consent-state/" + version;
    }
}
