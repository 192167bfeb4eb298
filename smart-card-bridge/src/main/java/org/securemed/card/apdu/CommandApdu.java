package org.securemed.card.apdu;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * A command to a card.
 *
 * <p>Class FF, which PC/SC uses for pseudo-commands to the reader such as reading the UID of a contactless card, is not
 * a command to a card and is refused like the instructions that ISO 7816-4 calls invalid (6X, 9X).
 *
 * @param cla class byte, 00 to FE
 * @param ins instruction byte, neither 6X nor 9X
 * @param p1 first parameter byte, 00 to FF
 * @param p2 second parameter byte, 00 to FF
 * @param data command data, at most 65,535 bytes
 * @param ne the largest number of bytes expected in the answer, 0 to 65,536
 * @see <a href="https://www.iso.org/standard/77180.html">ISO/IEC 7816-4:2020, 5.2</a>
 */
public record CommandApdu(int cla, int ins, int p1, int p2, Bytes data, int ne) {
    /** The largest {@code ne} of a short command; its length byte is 00. */
    public static final int MAX_SHORT_NE = 256;

    /** The largest {@code ne} of all; its two length bytes are 0000. */
    public static final int MAX_NE = 65_536;

    /** The most data of a short command. */
    public static final int MAX_SHORT_DATA = 255;

    private static final int MAX_DATA = 65_535;
    private static final int HEADER = 4;
    private static final int CHAINING = 0x10;

    public CommandApdu {
        requireByte(cla, "CLA");
        requireByte(ins, "INS");
        requireByte(p1, "P1");
        requireByte(p2, "P2");
        if (cla == 0xFF) {
            throw new IllegalArgumentException("class FF is not a command to a card");
        }
        if ((ins & 0xF0) == 0x60 || (ins & 0xF0) == 0x90) {
            throw new IllegalArgumentException("instruction %02X is invalid".formatted(ins));
        }
        if (data.length() > MAX_DATA) {
            throw new IllegalArgumentException("%d bytes of data do not fit into a command".formatted(data.length()));
        }
        if (ne < 0 || ne > MAX_NE) {
            throw new IllegalArgumentException("an answer of %d bytes cannot be asked for".formatted(ne));
        }
    }

    /** A command without data that expects none (case 1). */
    public static CommandApdu of(int cla, int ins, int p1, int p2) {
        return new CommandApdu(cla, ins, p1, p2, Bytes.NONE, 0);
    }

    /**
     * Reads a command in short or extended form; every byte has to be accounted for.
     *
     * @throws ApduException if lengths disagree, or class or instruction are invalid
     */
    public static CommandApdu parse(byte[] bytes) throws ApduException {
        int length = bytes.length;
        if (length < HEADER) {
            throw new ApduException("a command has at least four bytes", length);
        }
        if (length == HEADER) {
            return command(bytes, HEADER, HEADER, 0);
        }
        int first = bytes[HEADER] & 0xFF;
        if (length == HEADER + 1) {
            return command(bytes, HEADER, HEADER, first == 0 ? MAX_SHORT_NE : first);
        }
        return first == 0 ? parseExtended(bytes) : parseShort(bytes, first);
    }

    private static CommandApdu parseShort(byte[] bytes, int nc) throws ApduException {
        int start = HEADER + 1;
        int end = start + nc;
        if (bytes.length == end) {
            return command(bytes, start, end, 0);
        }
        if (bytes.length == end + 1) {
            int le = bytes[end] & 0xFF;
            return command(bytes, start, end, le == 0 ? MAX_SHORT_NE : le);
        }
        throw new ApduException("Lc says %d bytes of data".formatted(nc), bytes.length);
    }

    private static CommandApdu parseExtended(byte[] bytes) throws ApduException {
        int start = HEADER + 3;
        if (bytes.length < start) {
            throw new ApduException("an extended length has two more bytes", bytes.length);
        }
        int number = unsignedShort(bytes, HEADER + 1);
        if (bytes.length == start) {
            return command(bytes, start, start, number == 0 ? MAX_NE : number);
        }
        if (number == 0) {
            throw new ApduException("an extended Lc is not zero", bytes.length);
        }
        int end = start + number;
        if (bytes.length == end) {
            return command(bytes, start, end, 0);
        }
        if (bytes.length == end + 2) {
            int le = unsignedShort(bytes, end);
            return command(bytes, start, end, le == 0 ? MAX_NE : le);
        }
        throw new ApduException("Lc says %d bytes of data".formatted(number), bytes.length);
    }

    private static CommandApdu command(byte[] bytes, int start, int end, int ne) throws ApduException {
        Bytes data = Bytes.copyOf(bytes, start, end);
        try {
            return new CommandApdu(bytes[0] & 0xFF, bytes[1] & 0xFF, bytes[2] & 0xFF, bytes[3] & 0xFF, data, ne);
        } catch (IllegalArgumentException e) {
            throw new ApduException(String.valueOf(e.getMessage()), bytes.length);
        }
    }

    private static int unsignedShort(byte[] bytes, int at) {
        return (bytes[at] & 0xFF) << 8 | bytes[at + 1] & 0xFF;
    }

    /** Whether this command needs the extended form. */
    public boolean isExtended() {
        return data.length() > MAX_SHORT_DATA || ne > MAX_SHORT_NE;
    }

    /** The command as it is sent, in the short form if it fits. */
    public byte[] encode() {
        ByteArrayOutputStream out = new ByteArrayOutputStream(HEADER + 5 + data.length());
        out.write(cla);
        out.write(ins);
        out.write(p1);
        out.write(p2);
        if (isExtended()) {
            encodeExtendedBody(out);
        } else {
            encodeShortBody(out);
        }
        return out.toByteArray();
    }

    private void encodeShortBody(ByteArrayOutputStream out) {
        if (data.length() > 0) {
            out.write(data.length());
            out.writeBytes(data.toByteArray());
        }
        if (ne > 0) {
            // 256 becomes 00.
            out.write(ne);
        }
    }

    private void encodeExtendedBody(ByteArrayOutputStream out) {
        out.write(0);
        if (data.length() > 0) {
            writeShort(out, data.length());
            out.writeBytes(data.toByteArray());
        }
        if (ne > 0) {
            // 65,536 becomes 0000.
            writeShort(out, ne);
        }
    }

    private static void writeShort(ByteArrayOutputStream out, int value) {
        out.write(value >> 8);
        out.write(value);
    }

    /**
     * The same command for a card without extended length: several short ones, of which all but the last have the
     * chaining bit set and expect no answer.
     *
     * @param blockSize data in each, 1 to 255 bytes
     * @return at least one command
     * @throws IllegalStateException if the class byte is proprietary or of the further interindustry range, where the
     *     chaining bit is elsewhere or not defined
     * @see <a href="https://www.iso.org/standard/77180.html">ISO/IEC 7816-4:2020, 5.3.3</a>
     */
    public List<CommandApdu> chained(int blockSize) {
        if (blockSize < 1 || blockSize > MAX_SHORT_DATA) {
            throw new IllegalArgumentException("a block of %d bytes is no short command".formatted(blockSize));
        }
        if (cla > 0x0F) {
            throw new IllegalStateException("class %02X has no chaining bit to set".formatted(cla));
        }
        List<CommandApdu> commands = new ArrayList<>();
        int from = 0;
        while (data.length() - from > blockSize) {
            Bytes block = data.slice(from, from + blockSize);
            commands.add(new CommandApdu(cla | CHAINING, ins, p1, p2, block, 0));
            from += blockSize;
        }
        Bytes rest = data.slice(from, data.length());
        commands.add(new CommandApdu(cla, ins, p1, p2, rest, Math.min(ne, MAX_SHORT_NE)));
        return List.copyOf(commands);
    }

    /** Header and lengths; the data may hold a PIN. */
    @Override
    public String toString() {
        return "%02X %02X %02X %02X, %s, Ne %d".formatted(cla, ins, p1, p2, data, ne);
    }

    private static void requireByte(int value, String name) {
        if (value < 0 || value > 0xFF) {
            throw new IllegalArgumentException("%s is not a byte: %d".formatted(name, value));
        }
    }
}
