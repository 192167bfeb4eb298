package org.securemed.card.apdu;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A data object: tag, length, value.
 *
 * @param tag all bytes of the tag as one number, such as {@code 0x53} or {@code 0x5FC102}; at most three bytes
 * @param value at most 65,535 bytes
 * @see <a href="https://www.iso.org/standard/77180.html">ISO/IEC 7816-4:2020, 6.3 (BER-TLV)</a>
 */
public record Tlv(int tag, Bytes value) {
    private static final int MAX_LENGTH = 0xFFFF;

    public Tlv {
        if (tag < 1 || tag > 0xFFFFFF) {
            throw new IllegalArgumentException("%X is no tag of one to three bytes".formatted(tag));
        }
        if (value.length() > MAX_LENGTH) {
            throw new IllegalArgumentException("a value of %d bytes is too long".formatted(value.length()));
        }
    }

    /**
     * Reads data objects that fill {@code bytes} to the last one, in their order. Tags that ISO 7816-4 pads with (00,
     * FF) are no tags here.
     *
     * @throws ApduException if a tag or length is malformed or reaches beyond the end, or a tag comes twice
     */
    public static List<Tlv> parse(Bytes bytes) throws ApduException {
        byte[] all = bytes.toByteArray();
        List<Tlv> objects = new ArrayList<>();
        int at = 0;
        while (at < all.length) {
            int tagLength = tagLength(all, at);
            int tag = 0;
            for (int i = 0; i < tagLength; i++) {
                tag = tag << 8 | all[at + i] & 0xFF;
            }
            at += tagLength;
            int lengthBytes = lengthBytes(all, at);
            int length = length(all, at, lengthBytes);
            at += lengthBytes;
            if (length > all.length - at) {
                throw new ApduException("a value reaches beyond the end", all.length);
            }
            for (Tlv before : objects) {
                if (before.tag == tag) {
                    throw new ApduException("tag %X comes twice".formatted(tag), all.length);
                }
            }
            objects.add(new Tlv(tag, bytes.slice(at, at + length)));
            at += length;
        }
        return List.copyOf(objects);
    }

    /**
     * Reads the one data object that fills {@code bytes}.
     *
     * @return its value
     * @throws ApduException if there is anything else, or it has another tag
     */
    public static Bytes parseOnly(int tag, Bytes bytes) throws ApduException {
        List<Tlv> objects = parse(bytes);
        if (objects.size() != 1 || objects.get(0).tag != tag) {
            throw new ApduException("not one object %X".formatted(tag), bytes.length());
        }
        return objects.get(0).value;
    }

    /** The value of the object with this tag, if it is among {@code objects}. */
    public static Optional<Bytes> find(List<Tlv> objects, int tag) {
        return objects.stream()
                .filter(object -> object.tag == tag)
                .map(Tlv::value)
                .findFirst();
    }

    /** Tag, length and value. */
    public Bytes encode() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (tag > 0xFFFF) {
            out.write(tag >> 16);
        }
        if (tag > 0xFF) {
            out.write(tag >> 8);
        }
        out.write(tag);
        int length = value.length();
        if (length > 0xFF) {
            out.write(0x82);
            out.write(length >> 8);
        } else if (length > 0x7F) {
            out.write(0x81);
        }
        out.write(length);
        out.writeBytes(value.toByteArray());
        return Bytes.copyOf(out.toByteArray());
    }

    private static int tagLength(byte[] all, int at) throws ApduException {
        int first = all[at] & 0xFF;
        if (first == 0x00 || first == 0xFF) {
            throw new ApduException("%02X begins no tag".formatted(first), all.length);
        }
        if ((first & 0x1F) != 0x1F) {
            return 1;
        }
        int length = 2;
        while (at + length <= all.length && (all[at + length - 1] & 0x80) != 0) {
            length++;
        }
        if (length > 3 || at + length > all.length) {
            throw new ApduException("a tag has at most three bytes", all.length);
        }
        return length;
    }

    private static int lengthBytes(byte[] all, int at) throws ApduException {
        if (at >= all.length) {
            throw new ApduException("a tag without a length", all.length);
        }
        int first = all[at] & 0xFF;
        if (first < 0x80) {
            return 1;
        }
        if ((first != 0x81 && first != 0x82) || at + first - 0x80 >= all.length) {
            throw new ApduException("a length has at most two bytes behind the first", all.length);
        }
        return 1 + first - 0x80;
    }

    private static int length(byte[] all, int at, int bytes) {
        return switch (bytes) {
            case 1 -> all[at] & 0xFF;
            case 2 -> all[at + 1] & 0xFF;
            default -> (all[at + 1] & 0xFF) << 8 | all[at + 2] & 0xFF;
        };
    }
}
