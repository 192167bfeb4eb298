package org.securemed.fhir.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * The answer when an export can be fetched. It has no counts: how much there is, is decided when a file is fetched.
 *
 * @see <a href="https://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---complete-status">Bulk Data Access 2.0,
 *     Complete Status</a>
 */
final class Manifest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Manifest() {}

    /** @param base of the FHIR endpoint */
    static String of(ExportJobs.Job job, List<ExportJobs.File> files, String base) {
        ObjectNode manifest = JSON.createObjectNode();
        manifest.put("transactionTime", job.begun().toString());
        manifest.put("request", base + "/" + job.order().request());
        manifest.put("requiresAccessToken", true);
        ArrayNode output = manifest.putArray("output");
        for (ExportJobs.File file : files) {
            output.addObject()
                    .put("type", file.type())
                    .put("url", base + "/" + ExportProvider.FILE + "?job=" + job.id() + "&file=" + file.id());
        }
        manifest.putArray("deleted");
        manifest.putArray("error");
        return manifest.toString();
    }
}
