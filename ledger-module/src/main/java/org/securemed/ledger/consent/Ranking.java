package org.securemed.ledger.consent;

/**
 * Which of several Consents wins: 0 if none applies, then by the specificity of the actor it matched, deny above permit
 * at equal specificity. The greatest wins. Sets of possible rankings are bit masks.
 */
final class Ranking {
    static final int NOTHING = 0;

    private Ranking() {}

    static int permit(int level) {
        return 1 + 2 * level;
    }

    static int deny(int level) {
        return 2 + 2 * level;
    }

    static boolean isPermit(int ranking) {
        return ranking != NOTHING && ranking % 2 == 1;
    }

    /** The possible maxima of one value out of each set; neither set may be empty. */
    static int strongest(int one, int other) {
        int least = Math.max(Integer.numberOfTrailingZeros(one), Integer.numberOfTrailingZeros(other));
        return (one | other) & -(1 << least);
    }
}
