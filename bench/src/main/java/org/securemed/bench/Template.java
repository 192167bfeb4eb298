package org.securemed.bench;

import java.util.SplittableRandom;

/**
 * A JSON body with one place for something that differs each time, so that no update is one without change.
 *
 * @param before what comes before that place
 * @param after what comes after it
 */
record Template(String before, String after) {
    /** What stands in the place until it is filled. */
    static final String PLACE = "9876543";

    /** The template that has its place where {@link #PLACE} stands in {@code json}. */
    static Template of(String json) {
        int place = json.indexOf(PLACE);
        if (place < 0 || json.indexOf(PLACE, place + 1) >= 0) {
            throw new IllegalArgumentException("there has to be exactly one place for a number");
        }
        return new Template(json.substring(0, place), json.substring(place + PLACE.length()));
    }

    /** The body with a number of seven digits in its place. */
    String with(SplittableRandom random) {
        return before + random.nextInt(1_000_000, 10_000_000) + after;
    }
}
