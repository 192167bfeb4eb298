package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.TreeSet;
import org.hl7.fhir.r4.model.CapabilityStatement;
import org.hl7.fhir.r4.model.CapabilityStatement.CapabilityStatementRestComponent;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.server.TestServer;

/** The CapabilityStatement offers what the gate can answer without telling of hidden data, and nothing else. */
class CapabilitiesIT {
    private static final TestServer SERVER = TestServer.shared();

    private final CapabilityStatementRestComponent rest = ((CapabilityStatement)
                    SERVER.send(SERVER.anonymous("metadata").GET()).resource())
            .getRestFirstRep();

    @Test
    void the_interactions_are_those_of_the_list() {
        Set<String> onTypes = new TreeSet<>();
        rest.getResource()
                .forEach(type -> type.getInteraction()
                        .forEach(
                                interaction -> onTypes.add(interaction.getCode().toCode())));
        Set<String> onSystem = new TreeSet<>();
        rest.getInteraction()
                .forEach(interaction -> onSystem.add(interaction.getCode().toCode()));

        assertThat(onTypes)
                .containsExactly(
                        "create", "delete", "history-instance", "patch", "read", "search-type", "update", "vread");
        assertThat(onSystem).containsExactly("transaction");
    }

    @Test
    void the_operations_are_those_of_the_list() {
        Set<String> operations = new TreeSet<>();
        rest.getOperation().forEach(operation -> operations.add(operation.getName()));
        rest.getResource()
                .forEach(type -> type.getOperation().forEach(operation -> operations.add(operation.getName())));

        assertThat(operations)
                .containsExactly(
                        "access-log",
                        "accounting-of-disclosures",
                        "break-glass",
                        "break-glass-reviews",
                        "everything",
                        "expand",
                        "explain-access",
                        "export",
                        "export-file",
                        "export-status",
                        "fileConsent",
                        "findings",
                        "integrity-status",
                        "integrity-sweep",
                        "lookup",
                        "match",
                        "proof",
                        "recordDisclosure",
                        "register-key",
                        "request-access",
                        "restore-integrity",
                        "review",
                        "revoke-key",
                        "revokeConsent",
                        "sign",
                        "sign-off",
                        "signing-keys",
                        "subsumes",
                        "summary",
                        "to-sign",
                        "translate",
                        "validate",
                        "validate-code",
                        "verify",
                        "verify-integrity",
                        "verify-status");
    }

    @Test
    void no_type_tells_how_many_resources_there_are() {
        assertThat(rest.getResource()).allMatch(type -> !type.hasExtension());
    }

    @Test
    void it_says_that_smart_guards_it() {
        assertThat(rest.getSecurity().getCors()).isTrue();
        assertThat(rest.getSecurity().getService())
                .hasSize(1)
                .allSatisfy(service -> assertThat(service.hasCoding(
                                "http://terminology.hl7.org/CodeSystem/restful-security-service", "SMART-on-FHIR"))
                        .isTrue());
    }
}
