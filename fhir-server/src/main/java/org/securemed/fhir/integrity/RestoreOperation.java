package org.securemed.fhir.integrity;

import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.hl7.fhir.r4.model.Base64BinaryType;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.InstantType;
import org.hl7.fhir.r4.model.IntegerType;
import org.hl7.fhir.r4.model.OperationOutcome.IssueType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Parameters.ParametersParameterComponent;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;
import org.hl7.fhir.r4.model.Type;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.StoredVersionRows;
import org.securemed.fhir.owner.VersionBytes;
import org.securemed.fhir.problem.Problem;

/** What {@code $restore-integrity} takes and answers. */
final class RestoreOperation {
    private static final int MOST_COPIES = 1_000;

    private final Comparison comparison;
    private final Restoration versions;
    private final ResourceRestoration resources;

    RestoreOperation(Comparison comparison, Restoration versions, ResourceRestoration resources) {
        this.comparison = comparison;
        this.versions = versions;
        this.resources = resources;
    }

    /** Puts back one version. */
    Parameters version(
            String type,
            String id,
            IntegerType version,
            @Nullable StringType content,
            @Nullable Base64BinaryType packed,
            @Nullable InstantType updated,
            @Nullable StringType source,
            RequestDetails request) {
        if (version.getValue() == null || version.getValue() < 1) {
            throw malformed("Say which version, from 1.");
        }
        if (source != null && updated == null) {
            throw malformed("Send source with updated.");
        }
        @Nullable Text text = text(content, packed);
        @Nullable
        Instant time = updated == null || updated.getValue() == null
                ? null
                : updated.getValue().toInstant();
        Optional<Restoration.Offer> offer = text == null && time == null
                ? Optional.empty()
                : Optional.of(text == null ? Text.DELETION : text)
                        .map(sent -> new Restoration.Offer(
                                sent.bytes(), sent.encoding(), time, source == null ? null : source.getValue()));
        Restoration.Outcome outcome = versions.restore(type, id, version.getValue(), offer, by(type, id, request));
        return switch (outcome) {
            case RESTORED -> new Parameters().addParameter("restored", new BooleanType(true));
            case INTACT -> new Parameters().addParameter("restored", new BooleanType(false));
            case NOT_THE_RECORDED -> throw notRecorded();
            case NOT_THERE ->
                throw notRestorable("The resource's own row is gone (leave out the version to put back all of it), or"
                        + " there is nothing to take the version from: send content or packed, and for a"
                        + " row that is gone updated and source, too, or set a replica.");
        };
    }

    /** Puts back a resource. */
    Parameters resource(String type, String id, List<ParametersParameterComponent> copies, RequestDetails request) {
        if (copies.size() > MOST_COPIES) {
            throw malformed("Send no more than 1000 copies at once.");
        }
        List<VersionBytes> sent = new ArrayList<>();
        copies.forEach(copy -> sent.add(copy(type, id, copy)));
        ResourceRestoration.Result result = resources.restore(type, id, sent, by(type, id, request));
        Exchange.of(request).ifPresent(exchange -> result.patients().forEach(exchange::name));
        return switch (result.outcome()) {
            case RESTORED, UNCHANGED -> answer(result);
            case UNKNOWN ->
                throw IntegrityOperations.refused(Problem.of(
                        404,
                        "not-found",
                        IssueType.NOTFOUND,
                        "HAPI-2001: Resource " + type + "/" + id + " is not known"));
            case NOT_THE_RECORDED -> throw notRecorded();
            case NOT_THERE ->
                throw notRestorable(
                        "There is nothing to take the newest version from: send a copy of it, or set a replica.");
            case WRITTEN_ANEW ->
                throw notRestorable("Something else was stored under this name after the resource was gone.");
            case OWNERS_UNKNOWN ->
                throw notRestorable("To whom it belongs by what is stored is not what was recorded: put back first"
                        + " what it refers to.");
            case TOO_LARGE_TO_REMOVE ->
                throw notRestorable("A version that was never recorded is larger than what the record of taking it"
                        + " away can keep: take it out of the database by hand.");
        };
    }

    private static Parameters answer(ResourceRestoration.Result result) {
        Parameters answer = new Parameters();
        answer.addParameter("restored", new BooleanType(result.outcome() == ResourceRestoration.Outcome.RESTORED));
        result.versions().forEach((reference, state) -> {
            ParametersParameterComponent part = answer.addParameter().setName("version");
            part.addPart().setName("reference").setValue(new Reference(reference));
            part.addPart()
                    .setName("state")
                    .setValue(new CodeType(
                            switch (state) {
                                case INTACT -> "intact";
                                case RESTORED -> "restored";
                                case REMOVED -> "removed";
                                case LOST -> "lost";
                            }));
        });
        answer.addParameter("referrers", new IntegerType(result.referrers()));
        if (result.unindexed() > 0) {
            answer.addParameter("unindexed", new IntegerType(result.unindexed()));
        }
        return answer;
    }

    private static VersionBytes copy(String type, String id, ParametersParameterComponent copy) {
        IntegerType version = part(copy, "version", IntegerType.class)
                .filter(number -> number.getValue() != null && number.getValue() >= 1)
                .orElseThrow(() -> malformed("Each copy says which version it is, from 1."));
        Instant updated = part(copy, "updated", InstantType.class)
                .map(InstantType::getValue)
                .orElseThrow(() -> malformed("Each copy says when it was updated."))
                .toInstant();
        @Nullable
        Text sent = text(
                part(copy, "content", StringType.class).orElse(null),
                part(copy, "packed", Base64BinaryType.class).orElse(null));
        Text text = sent == null ? Text.DELETION : sent;
        @Nullable
        String source =
                part(copy, "source", StringType.class).map(StringType::getValue).orElse(null);
        return new VersionBytes(type, id, version.getValue(), updated, text.encoding(), source, text.bytes());
    }

    /** What is in HAPI's table of a version. */
    private record Text(String encoding, byte[] bytes) {
        static final Text DELETION = new Text(StoredVersionRows.DELETED, new byte[0]);
    }

    private static @Nullable Text text(@Nullable StringType content, @Nullable Base64BinaryType packed) {
        if (content != null && packed != null) {
            throw malformed("Send content, or packed, and not both.");
        }
        if (packed != null && packed.getValue() != null) {
            return new Text(StoredVersionRows.PACKED, packed.getValue());
        }
        return content == null || content.getValue() == null
                ? null
                : new Text(StoredVersionRows.PLAIN, content.getValue().getBytes(StandardCharsets.UTF_8));
    }

    private static <T extends Type> Optional<T> part(
            ParametersParameterComponent copy, String name, Class<T> expected) {
        List<ParametersParameterComponent> parts = copy.getPart().stream()
                .filter(part -> name.equals(part.getName()))
                .toList();
        if (parts.isEmpty()) {
            return Optional.empty();
        }
        if (parts.size() > 1 || !expected.isInstance(parts.get(0).getValue())) {
            throw malformed("A copy has version (integer), updated (instant), content and source (string) or packed"
                    + " (base64Binary), once each.");
        }
        return Optional.of(expected.cast(parts.get(0).getValue()));
    }

    /** Who asks; the patients are named in the record of the request. */
    private String by(String type, String id, RequestDetails request) {
        Exchange exchange = Exchange.of(request).orElseThrow();
        comparison.patients(type + "/" + id).forEach(exchange::name);
        return exchange.requester().user().orElse(exchange.requester().clientId());
    }

    private static RuntimeException malformed(String diagnostics) {
        return IntegrityOperations.refused(Problem.badRequest("malformed-parameters", diagnostics));
    }

    private static RuntimeException notRecorded() {
        return IntegrityOperations.refused(
                Problem.of(422, "not-recorded", IssueType.PROCESSING, "This is not what was recorded of the version."));
    }

    private static RuntimeException notRestorable(String diagnostics) {
        return IntegrityOperations.refused(Problem.of(409, "not-restorable", IssueType.CONFLICT, diagnostics));
    }
}
