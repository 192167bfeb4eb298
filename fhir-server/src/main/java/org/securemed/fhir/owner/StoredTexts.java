package org.securemed.fhir.owner;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.DataFormatException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.function.LongPredicate;
import java.util.zip.GZIPInputStream;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;

/** The versions of resources as HAPI has stored them, read from its tables without its partitions. Thread-safe. */
final class StoredTexts {
    private static final String VERSIONS = "select v.res_ver, v.res_encoding, v.res_text_vc,"
            + " " + StoredVersionRows.LARGE + ", v.res_updated"
            + " from hfj_resource r join hfj_res_ver v on v.res_id = r.res_id"
            + " where r.res_type = ? and r.fhir_id = ? order by v.res_ver";

    private final JdbcTemplate jdbc;
    private final FhirContext context;

    StoredTexts(JdbcTemplate jdbc, FhirContext context) {
        this.jdbc = jdbc;
        this.context = context;
    }

    /**
     * All versions of a resource that aren't deletions, oldest first.
     *
     * @throws UnreadableTextException if one can't be read
     */
    List<IBaseResource> versions(String type, String id) {
        return versions(type, id, version -> true);
    }

    /** As {@link #versions(String, String)}, of those with certain numbers; the others may be unreadable. */
    List<IBaseResource> versions(String type, String id, LongPredicate which) {
        return jdbc
                .query(VERSIONS, (row, number) -> which.test(row.getLong(1)) ? version(row, type, id) : null, type, id)
                .stream()
                .filter(Objects::nonNull)
                .toList();
    }

    private @Nullable IBaseResource version(ResultSet row, String type, String id) throws SQLException {
        String encoding = row.getString(2);
        if (encoding.equals("DEL")) {
            return null;
        }
        String name = type + "/" + id + "/_history/" + row.getLong(1);
        String inline = row.getString(3);
        byte[] large = row.getBytes(4);
        if (inline == null && large == null) {
            throw new UnreadableTextException(
                    "the text of " + type + " version " + row.getLong(1) + " is kept elsewhere", null);
        }
        try {
            IBaseResource resource =
                    context.newJsonParser().parseResource(inline != null ? inline : text(encoding, large));
            resource.setId(name);
            resource.getMeta().setLastUpdated(row.getTimestamp(5));
            return resource;
        } catch (DataFormatException e) {
            throw new UnreadableTextException("a stored " + type + " cannot be read", e);
        }
    }

    private static String text(String encoding, byte[] stored) {
        if (!encoding.equals("JSONC")) {
            return new String(stored, StandardCharsets.UTF_8);
        }
        try (GZIPInputStream unpacked = new GZIPInputStream(new ByteArrayInputStream(stored))) {
            byte[] text = unpacked.readNBytes(StoredVersionRows.LONGEST + 1);
            if (text.length > StoredVersionRows.LONGEST) {
                throw new UnreadableTextException("a stored text is too long", null);
            }
            return new String(text, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UnreadableTextException("a stored text cannot be unpacked", e);
        }
    }
}
