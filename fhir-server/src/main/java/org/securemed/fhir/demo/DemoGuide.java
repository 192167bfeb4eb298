package org.securemed.fhir.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.securemed.fhir.smart.DemoClients;
import org.securemed.fhir.smart.DemoPeople;
import org.securemed.fhir.smart.TokenMint;

/** Tells a newcomer what to try, with tokens that are ready to use. */
final class DemoGuide {
    private final URI fhir;
    private final Path directory;

    /** @param directory where the tokens go, one file each */
    DemoGuide(URI fhir, Path directory) {
        this.fhir = fhir;
        this.directory = directory;
    }

    /** Writes {@code <user>.token} for everybody who can log in, and for the hospital's back end. */
    void writeTokens(TokenMint mint) throws IOException {
        Files.createDirectories(directory);
        for (DemoPeople.Person person : DemoCast.people().people()) {
            String scope = person.fhirUser() != null && person.fhirUser().startsWith("Patient/")
                    ? "patient/*.cruds"
                    : "user/*.cruds";
            write(person.username(), mint.forPerson(person.username(), scope));
        }
        write("backend", mint.forClient(DemoClients.BACKEND, "system/*.cruds"));
    }

    private void write(String name, String token) throws IOException {
        Path file = directory.resolve(name + ".token");
        Files.deleteIfExists(file);
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, token);
    }

    void print(PrintStream out) {
        out.print(text());
        out.flush();
    }

    private String text() {
        return """

                SecureMed is running: %1$s
                The patients are loaded; nobody has consented to anything yet.

                Log-ins (password = user name): physician, physician2, nurse, administrator, compliance,
                patient (Elena Rossi), patient2 (Mateusz Kowalczyk).
                Ready-made tokens, valid for 12 hours: %2$s/<user>.token

                Try, in another terminal:

                  # The physician has no consent: to her, Elena does not exist.
                  curl -s -H "Authorization: Bearer $(cat %2$s/physician.token)" %1$s/Patient/elena-rossi

                  # Elena lets the physician in.
                  curl -s -H "Authorization: Bearer $(cat %2$s/patient.token)" -H 'Content-Type: application/fhir+json' -d @docs/examples/consent-elena-to-physician.json %1$s/Consent

                  # Now the physician finds her record.
                  curl -s -H "Authorization: Bearer $(cat %2$s/physician.token)" '%1$s/Observation?patient=elena-rossi&_count=5'

                  # Elena sees who looked.
                  curl -s -H "Authorization: Bearer $(cat %2$s/patient.token)" '%1$s/AuditEvent?_count=5'

                Cards, QR codes and health links: ./dev bridge
                Check the whole ledger: ./dev verify
                Stop with Ctrl-C.

                """.formatted(fhir, directory);
    }
}
