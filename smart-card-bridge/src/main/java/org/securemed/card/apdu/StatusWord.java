package org.securemed.card.apdu;

import java.util.Map;
import java.util.OptionalInt;

/**
 * How a card says that a command went.
 *
 * @param value SW1 and SW2, 6100 to 6FFF or 9000 to 9FFF
 * @see <a href="https://www.iso.org/standard/77180.html">ISO/IEC 7816-4:2020, 5.6</a>
 */
public record StatusWord(int value) {
    /** Normal processing. */
    public static final StatusWord SUCCESS = new StatusWord(0x9000);

    /** Wrong length. */
    public static final StatusWord WRONG_LENGTH = new StatusWord(0x6700);

    /** The security status is not satisfied: log in first. */
    public static final StatusWord SECURITY_STATUS_NOT_SATISFIED = new StatusWord(0x6982);

    /** The PIN is blocked. */
    public static final StatusWord AUTHENTICATION_METHOD_BLOCKED = new StatusWord(0x6983);

    /** There is no such file or application. */
    public static final StatusWord NOT_FOUND = new StatusWord(0x6A82);

    /** The instruction is not supported. */
    public static final StatusWord INSTRUCTION_NOT_SUPPORTED = new StatusWord(0x6D00);

    private static final Map<Integer, String> MEANINGS = Map.ofEntries(
            Map.entry(0x9000, "success"),
            Map.entry(0x6300, "verification failed"),
            Map.entry(0x6700, "wrong length"),
            Map.entry(0x6881, "logical channel not supported"),
            Map.entry(0x6882, "secure messaging not supported"),
            Map.entry(0x6883, "last command of the chain expected"),
            Map.entry(0x6884, "command chaining not supported"),
            Map.entry(0x6982, "security status not satisfied"),
            Map.entry(0x6983, "authentication method blocked"),
            Map.entry(0x6985, "conditions of use not satisfied"),
            Map.entry(0x6A80, "incorrect parameters in the data field"),
            Map.entry(0x6A81, "function not supported"),
            Map.entry(0x6A82, "file or application not found"),
            Map.entry(0x6A86, "incorrect parameters P1-P2"),
            Map.entry(0x6A88, "referenced data not found"),
            Map.entry(0x6D00, "instruction not supported"),
            Map.entry(0x6E00, "class not supported"),
            Map.entry(0x6F00, "no precise diagnosis"));

    public StatusWord {
        boolean six = value > 0x60FF && value <= 0x6FFF;
        boolean nine = value >= 0x9000 && value <= 0x9FFF;
        if (!six && !nine) {
            throw new IllegalArgumentException("%04X is no status word".formatted(value));
        }
    }

    /** First byte. */
    public int sw1() {
        return value >> 8;
    }

    /** Second byte. */
    public int sw2() {
        return value & 0xFF;
    }

    /** Whether the command was carried out and its answer is complete. */
    public boolean isSuccess() {
        return value == 0x9000;
    }

    /** How many bytes wait for GET RESPONSE (61XX; 00 says 256 or more), empty if none do. */
    public OptionalInt remaining() {
        return sw1() == 0x61 ? OptionalInt.of(sw2() == 0 ? 256 : sw2()) : OptionalInt.empty();
    }

    /** The length with which the command has to be repeated (6CXX), empty if that was not the trouble. */
    public OptionalInt exactLength() {
        return sw1() == 0x6C ? OptionalInt.of(sw2() == 0 ? 256 : sw2()) : OptionalInt.empty();
    }

    /** How many attempts at the PIN are left (63CX), empty if the card does not say; 6983 is {@code 0}. */
    public OptionalInt attemptsLeft() {
        if (value == 0x6983) {
            return OptionalInt.of(0);
        }
        return (value & 0xFFF0) == 0x63C0 ? OptionalInt.of(value & 0xF) : OptionalInt.empty();
    }

    /** Four hexadecimal digits and what they mean. */
    @Override
    public String toString() {
        return "%04X %s".formatted(value, meaning());
    }

    private String meaning() {
        if (remaining().isPresent()) {
            return "%d bytes wait".formatted(remaining().getAsInt());
        }
        if (exactLength().isPresent()) {
            return "wrong length, %d would be right".formatted(exactLength().getAsInt());
        }
        if (sw1() == 0x63 && attemptsLeft().isPresent()) {
            return "verification failed, %d attempts left"
                    .formatted(attemptsLeft().getAsInt());
        }
        return MEANINGS.getOrDefault(value, "not named here");
    }
}
