package org.securemed.card.identify;

import java.time.Clock;
import java.util.List;
import org.securemed.card.applet.SecureMedProfile;
import org.securemed.card.piv.PivProfile;
import org.securemed.card.profile.CardProfile;

/** The kinds of card that are known, in the order in which they are looked for. Another kind is added here. */
public final class CardProfiles {
    private CardProfiles() {}

    /**
     * All of them. PIV first: there are PIV cards that answer SELECT of any application with 9000, and would be taken
     * for whatever is looked for before.
     */
    public static List<CardProfile> all(Clock clock) {
        return List.of(new PivProfile(clock), new SecureMedProfile());
    }
}
