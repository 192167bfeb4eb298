package org.securemed.ledger.consent;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Evaluates one Consent's provisions for one request and one purpose.
 *
 * <p>The result is the set of outcomes that are possible, as a bit mask. With the facts of a resource at hand exactly
 * one outcome is possible; without them (facts null) every test that needs them may go either way. So one piece of code
 * answers both "this resource?" and "any resource of this type?", and the two can't contradict each other.
 *
 * <p>Outcomes within one Consent, by strength: nothing matches (0); permit (1 to 5) and deny (6 to 10) by the
 * {@linkplain Actor.Specificity specificity} of the actor matched; a permit that names purpose BTG, for a BTG request
 * (11 to 15). Between nested provisions the strongest wins, so taking the maximum is all the combining there is; a
 * matching nested provision beats its parent.
 */
final class Evaluation {
    private static final int LEVELS = Actor.Specificity.values().length;
    private static final int PERMIT = 1;
    private static final int DENY = PERMIT + LEVELS;
    private static final int BTG_PERMIT = DENY + LEVELS;
    private static final int NOTHING = 1;

    private final AccessRequest request;
    private final Coding purpose;
    private final String resourceType;
    private final @Nullable ResourceFacts facts;

    /** @param facts the resource's facts; null to ask about any resource of {@code resourceType} */
    Evaluation(AccessRequest request, Coding purpose, String resourceType, @Nullable ResourceFacts facts) {
        this.request = request;
        this.purpose = purpose;
        this.resourceType = resourceType;
        this.facts = facts;
    }

    /** The possible {@linkplain Ranking rankings} of a Consent with root {@code provision}. */
    int rankings(Provision provision) {
        int outcomes = outcomes(provision, provision, Actor.Specificity.ANYBODY.ordinal(), false);
        int rankings = 0;
        for (int rest = outcomes; rest != 0; rest &= rest - 1) {
            rankings |= 1 << ranking(Integer.numberOfTrailingZeros(rest));
        }
        return rankings;
    }

    private static int ranking(int outcome) {
        if (outcome == 0) {
            return Ranking.NOTHING;
        }
        int level = (outcome - PERMIT) % LEVELS;
        return outcome >= DENY && outcome < BTG_PERMIT ? Ranking.deny(level) : Ranking.permit(level);
    }

    /**
     * @param labelled the nearest provision, from here upwards, that names security labels; else any of them
     * @param guessed whether a provision above is limited in purpose while the request's purpose is not declared
     */
    private int outcomes(Provision provision, Provision labelled, int inheritedLevel, boolean guessed) {
        int level = inheritedLevel;
        if (!provision.actors().isEmpty()) {
            int matched = matchedLevel(provision);
            if (matched < 0) {
                return NOTHING;
            }
            level = Math.max(level, matched);
        }
        if (!matchesRequest(provision)) {
            return NOTHING;
        }
        Truth data = matchesData(provision);
        if (data == Truth.NO) {
            return NOTHING;
        }
        Provision effectiveLabels = provision.securityLabels().isEmpty() ? labelled : provision;
        boolean guess = guessed || isGuessed(provision);
        int children = NOTHING;
        for (int i = 0; i < provision.provisions().size(); i++) {
            Provision child = provision.provisions().get(i);
            children = Ranking.strongest(children, outcomes(child, effectiveLabels, level, guess));
        }
        int result = children & ~NOTHING;
        if ((children & NOTHING) != 0) {
            boolean mayPermit = !guess || provision.type() == ProvisionType.DENY;
            result |= mayPermit ? own(provision, effectiveLabels, level) : NOTHING;
        }
        return data == Truth.MAYBE ? result | NOTHING : result;
    }

    /** Whether the provision is limited in purpose while the request declares none. */
    boolean isGuessed(Provision provision) {
        return !provision.purposes().isEmpty() && purpose.equals(Purposes.UNDECLARED);
    }

    private int own(Provision provision, Provision labelled, int level) {
        Truth labels = matchesLabels(provision.type(), labelled);
        if (labels == Truth.NO) {
            return NOTHING;
        }
        int own = 1 << base(provision) + level;
        return labels == Truth.MAYBE ? own | NOTHING : own;
    }

    private int base(Provision provision) {
        if (provision.type() == ProvisionType.DENY) {
            return DENY;
        }
        boolean breaksGlass =
                purpose.equals(Purposes.BTG) && provision.purposes().contains(Purposes.BTG);
        return breaksGlass ? BTG_PERMIT : PERMIT;
    }

    /** Level of the most specific actor that matches, -1 if none does. */
    int matchedLevel(Provision provision) {
        int level = -1;
        for (int i = 0; i < provision.actors().size(); i++) {
            Actor actor = provision.actors().get(i);
            if (actor.matches(request)) {
                level = Math.max(level, actor.specificity().ordinal());
            }
        }
        return level;
    }

    private boolean matchesRequest(Provision provision) {
        return isAbout(provision)
                && (provision.classes().isEmpty() || provision.classes().contains(resourceType));
    }

    /** Whether the request, whatever it asks for, is one that the provision speaks of; its actors are not looked at. */
    boolean isAbout(Provision provision) {
        return provision.period().contains(request.at())
                && matchesPurpose(provision)
                && (provision.actions().isEmpty() || provision.actions().contains(request.action()));
    }

    /** An undeclared purpose may be any: it meets a deny for some purpose, but not a permit below that deny. */
    private boolean matchesPurpose(Provision provision) {
        return provision.purposes().isEmpty()
                || Purposes.anyCovers(provision.purposes(), purpose)
                || provision.type() == ProvisionType.DENY && purpose.equals(Purposes.UNDECLARED);
    }

    private Truth matchesData(Provision provision) {
        boolean dated = !provision.dataPeriod().isAlways();
        if (!dated && provision.codes().isEmpty() && provision.data().isEmpty()) {
            return Truth.YES;
        }
        if (facts == null) {
            return Truth.MAYBE;
        }
        boolean matches = (provision.codes().isEmpty() || hasOneOfTheCodes(provision, facts))
                && (provision.data().isEmpty() || isNamed(provision.data(), facts))
                && (!dated || isOfThePeriod(provision.type(), provision.dataPeriod(), facts));
        return matches ? Truth.YES : Truth.NO;
    }

    /** A permit is about what the resource is; a deny also about whatever it mentions. */
    private static boolean hasOneOfTheCodes(Provision provision, ResourceFacts facts) {
        boolean permit = provision.type() == ProvisionType.PERMIT;
        for (int i = 0; i < provision.codes().size(); i++) {
            Coding code = provision.codes().get(i);
            if (facts.codes().contains(code)
                    || !permit && facts.mentionedCodes().contains(code)) {
                return true;
            }
        }
        return false;
    }

    static boolean isNamed(List<DataReference> data, ResourceFacts facts) {
        for (int i = 0; i < data.size(); i++) {
            if (data.get(i).matches(facts)) {
                return true;
            }
        }
        return false;
    }

    /** A permit needs all of the data to be of its period; a deny is met by any part, and by data without a date. */
    static boolean isOfThePeriod(ProvisionType type, Period period, ResourceFacts facts) {
        boolean permit = type == ProvisionType.PERMIT;
        if (facts.dates().isEmpty()) {
            return !permit;
        }
        for (int i = 0; i < facts.dates().size(); i++) {
            Period date = facts.dates().get(i);
            if (permit && !period.encloses(date)) {
                return false;
            }
            if (!permit && period.overlaps(date)) {
                return true;
            }
        }
        return permit;
    }

    private Truth matchesLabels(ProvisionType type, Provision labelled) {
        if (labelled.securityLabels().isEmpty()) {
            return Truth.YES;
        }
        if (facts == null) {
            return Truth.MAYBE;
        }
        return SecurityLabels.anyMatches(type, labelled.securityLabels(), facts.securityLabels())
                ? Truth.YES
                : Truth.NO;
    }

    private enum Truth {
        YES,
        NO,
        MAYBE
    }
}
