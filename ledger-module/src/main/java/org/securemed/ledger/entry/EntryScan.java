package org.securemed.ledger.entry;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Looks through the bytes of an entry, as they are written by nearly all that is done: canonical form, plain ASCII, no
 * statement. What it takes is an entry to {@link Entry#parse} too, with the same values; what it does not take may be
 * one. Several times as fast, because nothing is made of the bytes. Not thread safe.
 */
public final class EntryScan {
    private static final byte[] ACTOR = name("actor");
    private static final byte[] SEALED = name("c");
    private static final byte[] DECISION = name("d");
    private static final byte[] RESOURCE_COMMITMENT = name("h");
    private static final byte[] ID = name("id");
    private static final byte[] INSTANCE = name("inst");
    private static final byte[] OP = name("op");
    private static final byte[] OUTCOME = name("out");
    private static final byte[] PATIENT = name("p");
    private static final byte[] PURPOSE = name("pou");
    private static final byte[] PREVIOUS = name("prev");
    private static final byte[] SEARCH_COMMITMENT = name("q");
    private static final byte[] REQUEST = name("req");
    private static final byte[] RESOURCE = name("res");
    private static final byte[] ROLE = name("role");
    private static final byte[] STATUS = name("st");
    private static final byte[] TIME = name("t");
    private static final byte[] VERSION = name("v");
    private static final byte[] BASIS = name("basis");
    private static final byte[] RESULT = name("outcome");
    private static final byte[] POLICY = name("policy");
    private static final byte[] REASON = name("reason");

    private static final long NO_NUMBER = -1;
    private static final byte[] HEX = values("0123456789abcdef");
    private static final byte[] BASE64 = values("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    private static final byte[] OP_CHARACTER = values("abcdefghijklmnopqrstuvwxyz0123456789.$-");

    private byte[] bytes = {};
    private int at;
    private int end;
    // Whether a member may come here, in the object that is read.
    private boolean open;

    private int actorFrom;
    private int actorTo;
    private int opFrom;
    private int opTo;
    private boolean ofPatient;
    private long patientHigh;
    private long patientLow;
    private long idHigh;
    private long idLow;
    private long time;

    /**
     * Looks through an entry.
     *
     * @param source not changed until the values were asked for
     * @return whether it is one that this class takes; only then the values are its own
     */
    public boolean read(byte[] source, int offset, int length) {
        bytes = source;
        at = offset;
        end = offset + length;
        actorFrom = -1;
        actorTo = -1;
        ofPatient = false;
        return length <= Entry.MAX_BYTES && begin() && members() && !open && at == end;
    }

    /** Member {@code t}. */
    public long timeMillis() {
        return time;
    }

    /** Member {@code id}. */
    public UUID id() {
        return new UUID(idHigh, idLow);
    }

    /** Whether member {@code op} has these bytes. */
    public boolean hasOp(byte[] op) {
        return Arrays.equals(bytes, opFrom, opTo, op, 0, op.length);
    }

    /** Whether member {@code actor} has these bytes; null for none. */
    public boolean hasActor(byte @Nullable [] actor) {
        return actor == null
                ? actorFrom < 0
                : actorFrom >= 0 && Arrays.equals(bytes, actorFrom, actorTo, actor, 0, actor.length);
    }

    /** Whether member {@code p} names this pseudonym, 16 bytes; null for none. */
    public boolean hasPatient(byte @Nullable [] pseudonym) {
        if (pseudonym == null || !ofPatient) {
            return pseudonym == null && !ofPatient;
        }
        return pseudonym.length == Pseudonym.LENGTH
                && new Pseudonym(patientHigh, patientLow).equals(Pseudonym.of(pseudonym));
    }

    /** All members in the order of the canonical form, except a statement. */
    private boolean members() {
        return actor()
                && bytes(SEALED, Entry.MAX_SEALED_BYTES)
                && decision()
                && bytes(RESOURCE_COMMITMENT, 64)
                && named(ID)
                && uuid()
                && named(INSTANCE)
                && text(64)
                && next()
                && named(OP)
                && op()
                && number(OUTCOME, 0, 12)
                && patient()
                && text(PURPOSE, 64)
                && number(PREVIOUS, 0, Limits.MAX_INTEGER)
                && bytes(SEARCH_COMMITMENT, 64)
                && text(REQUEST, 128)
                && text(RESOURCE, 64)
                && text(ROLE, 64)
                && number(STATUS, 100, 599)
                && named(TIME)
                && time()
                && named(VERSION)
                && number() == Entry.VERSION
                && next();
    }

    private boolean begin() {
        open = at < end && bytes[at] == '{';
        at++;
        return open;
    }

    /** Steps over what comes behind a value. */
    private boolean next() {
        if (at >= end) {
            return false;
        }
        byte b = bytes[at++];
        open = b == ',';
        return open || b == '}';
    }

    /** Steps over the name of a member and its colon, if it comes here. */
    private boolean named(byte[] name) {
        if (!open || end - at < name.length || !Arrays.equals(bytes, at, at + name.length, name, 0, name.length)) {
            return false;
        }
        at += name.length;
        return true;
    }

    private boolean text(byte[] name, int maxLength) {
        return !named(name) || (text(maxLength) && next());
    }

    /** A string of at least one character, none of which is escaped. */
    private boolean text(int maxLength) {
        if (at >= end || bytes[at] != '"') {
            return false;
        }
        int from = at + 1;
        int i = from;
        for (; i < end && bytes[i] != '"'; i++) {
            // Bytes of what is not ASCII are negative.
            if (bytes[i] < ' ' || bytes[i] == '\\' || bytes[i] == 0x7f) {
                return false;
            }
        }
        at = i + 1;
        return i < end && i > from && i - from <= maxLength;
    }

    private boolean actor() {
        if (!named(ACTOR)) {
            return true;
        }
        actorFrom = at + 1;
        if (!text(256)) {
            return false;
        }
        actorTo = at - 1;
        return next();
    }

    private boolean op() {
        opFrom = at + 1;
        if (!text(64) || bytes[opFrom] < 'a' || bytes[opFrom] > 'z') {
            return false;
        }
        opTo = at - 1;
        for (int i = opFrom; i < opTo; i++) {
            if (OP_CHARACTER[bytes[i]] < 0) {
                return false;
            }
        }
        return next();
    }

    /** Base64 in its one form, of 1 to {@code maxBytes} bytes. */
    private boolean bytes(byte[] name, int maxBytes) {
        if (!named(name)) {
            return true;
        }
        int from = at + 1;
        if (at >= end || bytes[at] != '"') {
            return false;
        }
        int to = from;
        int last = -1;
        while (to < end && BASE64[Byte.toUnsignedInt(bytes[to])] >= 0) {
            last = BASE64[Byte.toUnsignedInt(bytes[to++])];
        }
        int padding = 0;
        while (padding < 2 && to < end && bytes[to] == '=') {
            padding++;
            to++;
        }
        int length = to - from;
        int unused = padding == 0 ? 0 : padding == 1 ? 3 : 15;
        boolean form = length > 0 && length % 4 == 0 && length / 4 * 3 - padding <= maxBytes && (last & unused) == 0;
        if (!form || to >= end || bytes[to] != '"') {
            return false;
        }
        at = to + 1;
        return next();
    }

    private boolean number(byte[] name, long min, long max) {
        if (!named(name)) {
            return true;
        }
        long number = number();
        return number >= min && number <= max && next();
    }

    /** A whole number from 0 to 2^53 - 1, in its one form; otherwise {@link #NO_NUMBER}. */
    private long number() {
        int from = at;
        long number = 0;
        for (; at < end && bytes[at] >= '0' && bytes[at] <= '9' && at - from < 17; at++) {
            number = number * 10 + bytes[at] - '0';
        }
        boolean form = at > from && (bytes[from] != '0' || at == from + 1) && number <= Limits.MAX_INTEGER;
        return form ? number : NO_NUMBER;
    }

    private boolean time() {
        time = number();
        return time != NO_NUMBER && next();
    }

    private boolean uuid() {
        int from = at + 1;
        if (!quoted(36)
                || bytes[from + 8] != '-'
                || bytes[from + 13] != '-'
                || bytes[from + 18] != '-'
                || bytes[from + 23] != '-') {
            return false;
        }
        long high = hex(from, 8);
        long middle = hex(from + 9, 4);
        long version = hex(from + 14, 4);
        long variant = hex(from + 19, 4);
        long low = hex(from + 24, 12);
        if ((high | middle | version | variant | low) < 0 || version >>> 12 != 7 || variant >>> 14 != 2) {
            return false;
        }
        idHigh = high << 32 | middle << 16 | version;
        idLow = variant << 48 | low;
        return next();
    }

    private boolean patient() {
        if (!named(PATIENT)) {
            return true;
        }
        int from = at + 1;
        if (!quoted(32)) {
            return false;
        }
        long first = hex(from, 8);
        long second = hex(from + 8, 8);
        long third = hex(from + 16, 8);
        long fourth = hex(from + 24, 8);
        if ((first | second | third | fourth) < 0) {
            return false;
        }
        ofPatient = true;
        patientHigh = first << 32 | second;
        patientLow = third << 32 | fourth;
        return next();
    }

    /** Steps over a string of this length; what is in it is not looked at. */
    private boolean quoted(int length) {
        int close = at + 1 + length;
        if (close >= end || bytes[at] != '"' || bytes[close] != '"') {
            return false;
        }
        at = close + 1;
        return true;
    }

    /** At most 15 lower-case hexadecimal digits; negative if there are others. */
    private long hex(int from, int length) {
        long value = 0;
        long wrong = 0;
        for (int i = from; i < from + length; i++) {
            byte digit = HEX[Byte.toUnsignedInt(bytes[i])];
            wrong |= digit;
            value = value << 4 | digit & 0xf;
        }
        return wrong < 0 ? -1 : value;
    }

    private boolean decision() {
        if (!named(DECISION)) {
            return true;
        }
        return begin()
                && named(BASIS)
                && basis()
                && named(RESULT)
                && text(16)
                && next()
                && text(POLICY, 64)
                && text(REASON, 64)
                && !open
                && next();
    }

    private boolean basis() {
        if (at >= end || bytes[at++] != '[') {
            return false;
        }
        if (at < end && bytes[at] == ']') {
            at++;
            return next();
        }
        for (int count = 0; count < 64; count++) {
            if (number() == NO_NUMBER || at >= end) {
                return false;
            }
            byte b = bytes[at++];
            if (b == ']') {
                return next();
            }
            if (b != ',') {
                return false;
            }
        }
        return false;
    }

    private static byte[] name(String name) {
        return ("\"" + name + "\":").getBytes(StandardCharsets.US_ASCII);
    }

    /** For each byte where it is in the alphabet, or -1. */
    private static byte[] values(String alphabet) {
        byte[] values = new byte[256];
        Arrays.fill(values, (byte) -1);
        for (int i = 0; i < alphabet.length(); i++) {
            values[alphabet.charAt(i)] = (byte) i;
        }
        return values;
    }
}
