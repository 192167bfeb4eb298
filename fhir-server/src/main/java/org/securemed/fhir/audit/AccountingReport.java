package org.securemed.fhir.audit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Date;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import org.hl7.fhir.r4.model.InstantType;
import org.hl7.fhir.r4.model.Parameters;
import org.jspecify.annotations.Nullable;

/**
 * An accounting of disclosures.
 *
 * @param patient {@code Patient/…}
 * @param from beginning of the period, inclusive
 * @param until its end, exclusive
 * @param disclosures the oldest first
 * @param prunedBefore what was before this time may have been let go; null if nothing of the period was
 */
record AccountingReport(
        String patient,
        Instant from,
        Instant until,
        List<Disclosure> disclosures,
        @Nullable Instant prunedBefore) {
    private static final String[] COLUMNS = {"Date", "Recipient", "Address", "Description", "Purpose", "Event"};
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'").withZone(ZoneOffset.UTC);

    AccountingReport {
        disclosures = List.copyOf(disclosures);
    }

    /** One parameter {@code disclosure} for each. */
    Parameters toParameters() {
        Parameters report = new Parameters();
        new Parts(report.addParameter().setName("period"))
                .instant("start", from)
                .instant("end", until);
        if (prunedBefore != null) {
            report.addParameter("prunedBefore", new InstantType(Date.from(prunedBefore)));
        }
        for (Disclosure disclosure : disclosures) {
            new Parts(report.addParameter().setName("disclosure"))
                    .instant("date", disclosure.date())
                    .text("recipient", disclosure.recipient())
                    .text("address", disclosure.address())
                    .text("description", disclosure.description())
                    .text("purpose", disclosure.purpose())
                    .reference("event", "AuditEvent/" + disclosure.event(), null);
        }
        return report;
    }

    /** RFC 4180, UTF-8, with a header line. Cells that a spreadsheet would take for formulas are quoted as text. */
    byte[] toCsv() {
        StringBuilder text = new StringBuilder();
        try (CSVPrinter csv = new CSVPrinter(
                text, CSVFormat.RFC4180.builder().setHeader(COLUMNS).build())) {
            for (Disclosure disclosure : disclosures) {
                for (String cell : cells(disclosure)) {
                    csv.print(harmless(cell));
                }
                csv.println();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory does not fail", e);
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** A4 across, one line for each. */
    byte[] toPdf() {
        return AccountingPdf.of(
                "Accounting of disclosures",
                List.of(
                        "Of the record " + patient + ", from " + TIME.format(from) + " to " + TIME.format(until) + ". "
                                + disclosures.size() + " disclosures."
                                + (prunedBefore == null
                                        ? ""
                                        : " Records from before " + TIME.format(prunedBefore)
                                                + " are kept no longer and may be missing."),
                        "Uses for treatment, payment and health care operations, and what went to the patient or on"
                                + " their wish, are not part of it (45 CFR 164.528 (a)(1))."),
                new float[] {3, 4, 4, 5, 2, 5},
                List.of(COLUMNS),
                disclosures.stream().map(AccountingReport::cells).toList());
    }

    private static List<String> cells(Disclosure disclosure) {
        return List.of(
                TIME.format(disclosure.date()),
                disclosure.recipient(),
                disclosure.address(),
                disclosure.description(),
                disclosure.purpose(),
                disclosure.event());
    }

    private static String harmless(String cell) {
        return !cell.isEmpty() && "=+-@\t\r".indexOf(cell.charAt(0)) >= 0 ? "'" + cell : cell;
    }
}
