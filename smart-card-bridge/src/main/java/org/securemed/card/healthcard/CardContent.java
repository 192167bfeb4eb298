package org.securemed.card.healthcard;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What a health card of ours can be about. */
public enum CardContent {
    /** Name, birth date and completed immunizations. */
    IMMUNIZATIONS,
    /**
     * What helps in an emergency: name, birth date, contacts, active allergies, problems and medications, blood group.
     */
    EMERGENCY;

    /** Lower case. */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The content with this code. */
    public static Optional<CardContent> of(String code) {
        return Stream.of(values())
                .filter(content -> content.code().equals(code))
                .findFirst();
    }
}
