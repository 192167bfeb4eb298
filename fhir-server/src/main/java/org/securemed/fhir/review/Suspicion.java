package org.securemed.fhir.review;

/**
 * One reason to look at an access.
 *
 * @param rule which rule says so
 * @param score how much it weighs, 0 to 1
 * @param evidence in a sentence, without names
 */
record Suspicion(Rule rule, double score, String evidence) {
    /** The rules; their codes are part of settings, records and answers. */
    enum Rule {
        OWN_RECORD("own-record", 0.9),
        SAME_SURNAME("same-surname", 0.45),
        SAME_ADDRESS("same-address", 0.6),
        NO_CARE_RELATIONSHIP("no-care-relationship", 0.3),
        OFF_HOURS("off-hours", 0.25),
        VOLUME("volume", 0.7),
        SEARCH_THEN_OPEN("search-then-open", 0.25),
        VIP("vip", 0.5),
        DEPARTMENT_MISMATCH("department-mismatch", 0.3),
        CARD_IN_TWO_PLACES("card-in-two-places", 0.9),
        BLOCKED_CARD("blocked-card", 0.6),
        CARD_TOO_OFTEN("card-too-often", 0.7),
        REPEATED_DENIALS("repeated-denials", 0.6);

        private final String code;
        private final double weight;

        Rule(String code, double weight) {
            this.code = code;
            this.weight = weight;
        }

        String code() {
            return code;
        }

        /** How much it weighs unless the settings say otherwise. */
        double weight() {
            return weight;
        }
    }
}
