package org.securemed.fhir.audit;

import ca.uhn.fhir.rest.server.exceptions.InvalidRequestException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.securemed.ledger.log.EntryQuery.Place;

/**
 * Where a page of events begins, so that events that come meanwhile move nothing.
 *
 * @param below index below which the first page looked: what was appended later is on no page
 * @param last the last entry of the page before
 * @param shown how many of its events were on that page
 */
record EventCursor(long below, Place last, int shown) {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,15})-([0-9]{1,15})-([0-9]{1,15})-([0-9])");

    /** @throws InvalidRequestException if the text is not a cursor */
    static EventCursor parse(String text) {
        Matcher parts = FORM.matcher(text);
        if (!parts.matches()) {
            throw new InvalidRequestException("Follow the links of the page before as they are.");
        }
        return new EventCursor(
                Long.parseLong(parts.group(1)),
                new Place(Long.parseLong(parts.group(2)), Long.parseLong(parts.group(3))),
                Integer.parseInt(parts.group(4)));
    }

    @Override
    public String toString() {
        return below + "-" + last.timeMillis() + "-" + last.index() + "-" + shown;
    }
}
