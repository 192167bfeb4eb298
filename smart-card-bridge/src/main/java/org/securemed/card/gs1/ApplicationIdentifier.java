package org.securemed.card.gs1;

import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The application identifiers that a hospital meets; an element string with another one is refused.
 *
 * @see <a href="https://ref.gs1.org/ai/">GS1 Application Identifiers</a>
 */
public enum ApplicationIdentifier {
    /** Serial shipping container code. */
    SSCC("00", Format.CHECKED_NUMBER, 18, 18),
    /** Global trade item number: which product. */
    GTIN("01", Format.CHECKED_NUMBER, 14, 14),
    /** Batch or lot. */
    BATCH("10", Format.TEXT, 1, 20),
    /** Date of production. */
    PRODUCTION_DATE("11", Format.DATE, 6, 6),
    /** Best before. */
    BEST_BEFORE("15", Format.DATE, 6, 6),
    /** Date of expiry. */
    EXPIRY("17", Format.DATE, 6, 6),
    /** Serial number of one piece of a product. */
    SERIAL("21", Format.TEXT, 1, 20),
    /** Additional product identification of the manufacturer. */
    ADDITIONAL_ID("240", Format.TEXT, 1, 30),
    /** Extension of the location number: a room, a bed. */
    LOCATION_EXTENSION("254", Format.TEXT, 1, 20),
    /** The customer's order number. */
    ORDER_NUMBER("400", Format.TEXT, 1, 30),
    /** Global location number: deliver to. */
    SHIP_TO("410", Format.CHECKED_NUMBER, 13, 13),
    /** Global location number: invoice to. */
    BILL_TO("411", Format.CHECKED_NUMBER, 13, 13),
    /** Global location number: purchased from. */
    PURCHASED_FROM("412", Format.CHECKED_NUMBER, 13, 13),
    /** Global location number: forward to. */
    FORWARD_TO("413", Format.CHECKED_NUMBER, 13, 13),
    /** Global location number of a place. */
    LOCATION("414", Format.CHECKED_NUMBER, 13, 13),
    /** Global location number of the invoicing party. */
    PAY_TO("415", Format.CHECKED_NUMBER, 13, 13),
    /** Returnable asset: 14 digits with check digit, then an optional serial number. */
    RETURNABLE_ASSET("8003", Format.CHECKED_NUMBER_AND_TEXT, 14, 30),
    /** Individual asset. */
    INDIVIDUAL_ASSET("8004", Format.TEXT, 1, 30),
    /** Component or part. */
    COMPONENT("8010", Format.PART_NUMBER, 1, 30),
    /** Serial number of a component or part. */
    COMPONENT_SERIAL("8011", Format.NUMBER, 1, 12),
    /** Global service relation number of somebody who gives care: staff. */
    PROVIDER("8017", Format.CHECKED_NUMBER, 18, 18),
    /** Global service relation number of somebody who gets care: the patient on a wristband. */
    RECIPIENT("8018", Format.CHECKED_NUMBER, 18, 18),
    /** Service relation instance: which wristband of the same person, which encounter. */
    SERVICE_INSTANCE("8019", Format.NUMBER, 1, 10);

    /** What the characters of a value may be. */
    enum Format {
        /** Digits. */
        NUMBER,
        /** Digits of which the last is the check digit. */
        CHECKED_NUMBER,
        /** Fourteen such digits, then text. */
        CHECKED_NUMBER_AND_TEXT,
        /** YYMMDD. */
        DATE,
        /** GS1's character set 82. */
        TEXT,
        /** GS1's character set 39. */
        PART_NUMBER
    }

    private static final Map<String, ApplicationIdentifier> BY_CODE =
            Stream.of(values()).collect(Collectors.toUnmodifiableMap(ApplicationIdentifier::code, Function.identity()));

    private final String code;
    private final Format format;
    private final int minLength;
    private final int maxLength;

    ApplicationIdentifier(String code, Format format, int minLength, int maxLength) {
        this.code = code;
        this.format = format;
        this.minLength = minLength;
        this.maxLength = maxLength;
    }

    /** Two to four digits. */
    public String code() {
        return code;
    }

    Format format() {
        return format;
    }

    int minLength() {
        return minLength;
    }

    int maxLength() {
        return maxLength;
    }

    /**
     * Whether the length is known from the first two digits, so that no separator has to follow. GSRNs are not among
     * these although their length is fixed.
     *
     * @see <a href="https://ref.gs1.org/standards/genspecs/">GS1 General Specifications, 7.8.5, figure 7.8.5-2</a>
     */
    boolean hasPredefinedLength() {
        return switch (code.substring(0, 2)) {
            case "00", "01", "11", "15", "17", "41" -> true;
            default -> false;
        };
    }

    /** The identifier that {@code text} has at {@code at}; no identifier is the beginning of another. */
    static Optional<ApplicationIdentifier> at(String text, int at) {
        return Stream.of(2, 3, 4)
                .filter(length -> at + length <= text.length())
                .map(length -> BY_CODE.get(text.substring(at, at + length)))
                .flatMap(Stream::ofNullable)
                .findFirst();
    }
}
