package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.smart.DemoClients;
import org.securemed.fhir.smart.TokenMint;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * What {@code docs/roles.md} says of each role, type and interaction is what the running server does. Every request is
 * about an id that was never used, so that only the role decides.
 */
class RoleMatrixIT {
    private static final TestServer SERVER = TestServer.shared();

    /** What HAPI answers with 400 where no method is bound. */
    private static final Set<String> NOT_HAPIS = Set.of("AuditEvent", "Subscription");

    private record Cell(String role, String type, char interaction, boolean allowed) {}

    @Test
    void the_server_does_what_the_table_says() throws IOException {
        List<Cell> cells = cells();
        List<String> wrong = new ArrayList<>();
        for (Cell cell : cells) {
            int status = probe(cell).send(SERVER, token(cell.role())).status();
            boolean refused = status == 403 || status == 405 || NOT_HAPIS.contains(cell.type()) && status == 400;
            if (refused == cell.allowed() || status >= 500 || status == 401) {
                wrong.add(cell + " was answered with " + status);
            }
        }

        assertThat(cells).hasSizeGreaterThan(400);
        assertThat(wrong).isEmpty();
    }

    private static Probe probe(Cell cell) {
        String type = cell.type();
        return switch (cell.interaction()) {
            case 'c' -> Probe.of("POST", type, "{\"resourceType\":\"" + type + "\"," + aboutNobody(type) + "}");
            case 'r' -> Probe.get(type + "/never-known");
            case 'u' -> Probe.jsonPatch(type + "/never-known", "[{\"op\":\"test\",\"path\":\"/id\",\"value\":\"x\"}]");
            case 'd' -> Probe.of("DELETE", type + "/never-known", "");
            default -> Probe.get(type.equals("AuditEvent") ? "AuditEvent?date=lt2000" : type + "?_id=never-known");
        };
    }

    /** A reference to a patient whom nobody knows; Binary is no DomainResource and has no extensions. */
    private static String aboutNobody(String type) {
        String reference = "{\"reference\":\"Patient/never-known\"}";
        return type.equals("Binary")
                ? "\"contentType\":\"text/plain\",\"securityContext\":" + reference
                : "\"extension\":[{\"url\":\"http://example.org\",\"valueReference\":" + reference + "}]";
    }

    private static String token(String role) {
        return switch (role) {
            case "researcher" -> SERVER.bean(TokenMint.class).forClient(DemoClients.RESEARCH, "system/*.rs");
            case "system" -> SERVER.token("backend");
            case "representative" -> representative();
            default -> SERVER.token(role);
        };
    }

    /** The demonstration has no such account. */
    private static String representative() {
        new JdbcTemplate(SERVER.database())
                .update("insert into smart.account (username, password_hash, display_name,"
                        + " roles, fhir_user, purposes_of_use) values ('representative', '{noop}', 'Representative',"
                        + " 'representative', 'RelatedPerson/nobody', 'PATRQT') on conflict do nothing");
        return SERVER.bean(TokenMint.class).forPerson("representative", "user/*.cruds");
    }

    /** The table: a row for each group of types, a column for each role, in each cell the letters of a SMART scope. */
    private static List<Cell> cells() throws IOException {
        List<List<String>> rows = Files.readAllLines(Path.of("..", "docs", "roles.md")).stream()
                .filter(line -> line.startsWith("|"))
                .map(line -> Arrays.stream(line.substring(1).split("\\|"))
                        .map(String::strip)
                        .toList())
                .toList();
        List<String> roles = rows.get(0).subList(1, rows.get(0).size());
        List<Cell> cells = new ArrayList<>();
        for (List<String> row : rows.subList(2, rows.size())) {
            for (String type : row.get(0).split(", ")) {
                for (int i = 0; i < roles.size(); i++) {
                    for (char interaction : "cruds".toCharArray()) {
                        cells.add(new Cell(
                                roles.get(i), type, interaction, row.get(i + 1).indexOf(interaction) >= 0));
                    }
                }
            }
        }
        return cells;
    }
}
