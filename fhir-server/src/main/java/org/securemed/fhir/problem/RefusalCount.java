package org.securemed.fhir.problem;

/** Told of each refusal, so that an operator can watch their number. */
@FunctionalInterface
public interface RefusalCount {
    /** Counts nothing. */
    RefusalCount NONE = (status, code) -> {};

    /**
     * Called for each.
     *
     * @param status HTTP status, 400 to 599
     * @param code of {@code docs/errors.md}, never anything of the request
     */
    void refused(int status, String code);
}
