package org.securemed.fhir.owner;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One version of a resource as it lies in HAPI's table: what a commitment is about.
 *
 * @param type FHIR resource type
 * @param id logical id
 * @param version from 1
 * @param updated when it was stored, in milliseconds
 * @param encoding HAPI's name of the form of the text; {@code DEL} of a deletion
 * @param source {@code meta.source}, which is kept beside the text; null if there is none
 * @param text the stored bytes; empty of a deletion
 */
public record VersionBytes(
        String type,
        String id,
        long version,
        Instant updated,
        String encoding,
        @Nullable String source,
        byte[] text) {

    /** {@code Type/id/_history/version}. */
    public String reference() {
        return type + "/" + id + "/_history/" + version;
    }

    /** {@code Type/id}. */
    public String resource() {
        return type + "/" + id;
    }

    /** All of it in one unambiguous sequence of bytes: each part with its length before it. */
    public byte[] canonical() {
        byte[][] parts = {
            bytes(reference()),
            bytes(Long.toString(updated.toEpochMilli())),
            bytes(encoding),
            bytes(source == null ? "" : source),
            text
        };
        int length = 0;
        for (byte[] part : parts) {
            length += Integer.BYTES + part.length;
        }
        ByteBuffer all = ByteBuffer.allocate(length);
        for (byte[] part : parts) {
            all.putInt(part.length).put(part);
        }
        return all.array();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
