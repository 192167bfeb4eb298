package org.securemed.fhir.consent;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.rest.api.RestOperationTypeEnum;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.util.Map;
import java.util.Set;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Resource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.audit.Evidence;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.BundleEntries;
import org.securemed.fhir.owner.OwnerFinder;
import org.securemed.fhir.owner.SharedTypes;
import org.securemed.fhir.smart.Interaction;
import org.securemed.fhir.smart.PrivacyGrant;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.Role;
import org.securemed.fhir.smart.StepUp;

/**
 * Refuses, before anything is looked up, what a requester's role or token does not cover and what can't be answered
 * without telling of hidden data. Each rule depends on the request and the requester alone, never on stored data; they
 * are listed in {@code docs/conformance.md}.
 */
@Interceptor
public final class RequestRules {
    /** Operations whose answer is made of the terminology or of the request itself. */
    private static final Set<String> NEUTRAL_OPERATIONS =
            Set.of("$validate", "$expand", "$validate-code", "$lookup", "$subsumes", "$translate");

    /** Answered from the ledger; they look again at who asks about whom. */
    private static final Set<String> AUDIT_OPERATIONS = Set.of(
            "$proof",
            "$verify",
            "$verify-status",
            "$access-log",
            "$accounting-of-disclosures",
            "$recordDisclosure",
            "$explain-access",
            "$verify-integrity",
            "$integrity-status",
            "$integrity-sweep",
            "$restore-integrity",
            "$findings",
            "$break-glass-reviews",
            "$sign-off",
            "$review");

    /** Those of them that look at one patient, or at what a patient may know. */
    private static final Set<String> AUDIT_OF_A_PATIENT =
            Set.of("$proof", "$access-log", "$accounting-of-disclosures", "$explain-access");

    /** Answered from the ledger and for those who may, so that no search of it can tell of hidden data. */
    private static final String AUDIT = "AuditEvent";

    private static final String SUBSCRIPTION = "Subscription";

    private static final Set<String> PATIENT_OPERATIONS =
            Set.of("$everything", "$summary", "$break-glass", "$request-access");

    /** They look again at each type, and at each patient when something leaves. */
    private static final Set<String> EXPORT_OPERATIONS = Set.of("$export", "$export-status", "$export-file");

    /** Those of a patient's operations that leave something behind for that patient. */
    private static final Set<String> ASKING = Set.of("$break-glass", "$request-access");

    private static final String MATCH = "$match";

    /** They store a Consent, or end one, as if it had been written. */
    private static final Map<String, Interaction> CONSENT_WRITES =
            Map.of("$fileConsent", Interaction.CREATE, "$revokeConsent", Interaction.UPDATE);

    /** They look again at who asks about whose keys. */
    private static final Set<String> KEY_OPERATIONS = Set.of("$register-key", "$revoke-key", "$signing-keys");

    /** They look again at who asks about which Consent. */
    private static final Set<String> CONSENT_OPERATIONS = Set.of("$to-sign", "$sign");

    private final PatientAccess access;
    private final OwnerFinder finder;
    private final MatchUrls matchUrls;
    private final Redactions redactions;
    private final StepUp stepUp;

    RequestRules(PatientAccess access, OwnerFinder finder, MatchUrls matchUrls, Redactions redactions, StepUp stepUp) {
        this.redactions = redactions;
        this.stepUp = stepUp;
        this.matchUrls = matchUrls;
        this.access = access;
        this.finder = finder;
    }

    /** Called for each request, and again for each GET entry of a Bundle. */
    @Hook(Pointcut.SERVER_INCOMING_REQUEST_PRE_HANDLED)
    public void check(RequestDetails request, RestOperationTypeEnum operation) {
        Exchange.of(request).ifPresent(exchange -> check(exchange, request, operation));
    }

    private void check(Exchange exchange, RequestDetails request, RestOperationTypeEnum operation) {
        String type = request.getResourceName();
        redactions.requireNotSoughtByToken(exchange);
        switch (operation) {
            case METADATA -> {}
            case READ, VREAD -> access.requireRole(exchange, type, Interaction.READ);
            case HISTORY_INSTANCE -> {
                access.requireRole(exchange, type, Interaction.READ);
                requireOwn(request, "Ask for a history by itself, outside of a Bundle.");
            }
            case SEARCH_TYPE -> search(exchange, request, type);
            case CREATE -> write(exchange, request, type, Interaction.CREATE, operation);
            case UPDATE, PATCH -> write(exchange, request, type, Interaction.UPDATE, operation);
            case DELETE -> write(exchange, request, type, Interaction.DELETE, operation);
            case TRANSACTION -> bundle(exchange, request);
            case EXTENDED_OPERATION_INSTANCE, EXTENDED_OPERATION_TYPE, EXTENDED_OPERATION_SERVER, VALIDATE ->
                operation(exchange, request, type);
            default -> throw Refusal.notOffered("This interaction is not offered; see the CapabilityStatement.");
        }
    }

    /** HAPI would find what a token doesn't see of the type, too. */
    private void requireNoCondition(Exchange exchange, String type, @Nullable String ifNoneExist) {
        if (ifNoneExist != null && access.narrows(exchange, type)) {
            throw Refusal.notOffered("With this token, search for the resource first, then create it.");
        }
    }

    private void search(Exchange exchange, RequestDetails request, @Nullable String type) {
        access.requireRole(exchange, type, Interaction.SEARCH);
        redactions.requireNotSought(exchange, type, request.getParameters());
        if (!access.mayAskAnything(exchange) && !AUDIT.equals(type)) {
            SearchRules.check(type, request.getParameters());
            if (exchange.requester().isForResearch()
                    && request.getParameters().keySet().stream().anyMatch(SearchRules::isLink)) {
                throw Refusal.notOffered("Search for research without chained parameters and _has.");
            }
            if (request.getParameters().keySet().stream().anyMatch(Includes::isInclude)) {
                requireOwn(request, "Search with _include or _revinclude by itself, outside of a Bundle.");
            }
        }
    }

    private static void requireOwn(RequestDetails request, String whatToDoInstead) {
        if (request.isSubRequest()) {
            throw Refusal.notOffered(whatToDoInstead);
        }
    }

    private void write(
            Exchange exchange,
            RequestDetails request,
            @Nullable String type,
            Interaction interaction,
            RestOperationTypeEnum operation) {
        access.requireRole(exchange, type, interaction);
        requireNotEverybodys(exchange, type);
        redactions.requireWhole(exchange, type, request.getResource());
        if (operation == RestOperationTypeEnum.PATCH) {
            redactions.requireNoPatch(exchange);
        }
        requireStepUp(exchange);
        if (AUDIT.equals(type)) {
            // It is kept as it was said; nothing in it is looked up.
            return;
        }
        boolean conditional = operation != RestOperationTypeEnum.CREATE && request.getConditionalUrl(operation) != null;
        if (!access.mayAskAnything(exchange)) {
            SearchRules.checkHeaders(request);
            if (conditional) {
                throw Refusal.notOffered("Search for the resource first, then address it by its id.");
            }
            SearchRules.checkQuery(type, request.getHeader("If-None-Exist"));
            if (type != null) {
                requireNoCondition(exchange, type, request.getHeader("If-None-Exist"));
            }
            if (request.getResource() != null) {
                requireNoMatchUrl(request.getResource());
            }
        } else if (request.getResource() != null) {
            matchUrls.resolve(request.getResource(), request);
        }
    }

    /** What an administrator writes concerns everybody. */
    private void requireStepUp(Exchange exchange) {
        if (exchange.requester().is(Role.ADMINISTRATOR) && !stepUp.isMet(exchange.requester())) {
            throw Refusal.stepUp(stepUp);
        }
    }

    private void bundle(Exchange exchange, RequestDetails request) {
        if (!(request.getResource() instanceof Bundle bundle)) {
            return;
        }
        if (bundle.getType() == null) {
            throw Refusal.unprocessable("bundle-type", "Say whether the Bundle is a transaction or a batch.");
        }
        if (Evidence.isIn(bundle)) {
            // HAPI would store them in a table of its own, where nobody looks.
            access.requireRole(exchange, AUDIT, Interaction.CREATE);
            if (!Evidence.isAllOf(bundle)) {
                throw Refusal.notOffered("Send AuditEvents in a Bundle of their own, each with a POST.");
            }
            return;
        }
        if (access.mayAskAnything(exchange)) {
            matchUrls.resolve(bundle, request);
        } else {
            SearchRules.checkHeaders(request);
        }
        WriteGate.remember(request, BundleEntries.of(bundle));
        for (Bundle.BundleEntryComponent entry : bundle.getEntry()) {
            bundleEntry(exchange, entry.getRequest(), entry.getResource());
            if (entry.hasResource() && !access.mayAskAnything(exchange)) {
                requireNoMatchUrl(entry.getResource());
            }
        }
    }

    private void bundleEntry(
            Exchange exchange, Bundle.BundleEntryRequestComponent request, @Nullable Resource resource) {
        String url = request.getUrl();
        if (request.getMethod() == null || url == null) {
            return;
        }
        String type = url.split("[/?]", 2)[0];
        Interaction interaction = switch (request.getMethod()) {
            case POST -> Interaction.CREATE;
            case PUT, PATCH -> Interaction.UPDATE;
            case DELETE -> Interaction.DELETE;
            default -> null;
        };
        if (request.getMethod() == Bundle.HTTPVerb.HEAD) {
            throw Refusal.notOffered("Use GET instead of HEAD.");
        }
        if (interaction == null) {
            return;
        }
        if (type.isEmpty() || type.startsWith("$") || url.contains("/$")) {
            throw Refusal.notOffered("Call operations by themselves, outside of a Bundle.");
        }
        if (type.equals(SUBSCRIPTION)) {
            // HAPI would store it in a table of its own, where nothing is sent from.
            throw Refusal.notOffered("Subscribe by itself, outside of a Bundle.");
        }
        // A PUT may turn out to be a create; the role then needs to allow that too, see WriteGate.
        access.requireRole(exchange, type, interaction);
        requireNotEverybodys(exchange, type);
        redactions.requireWhole(exchange, type, resource);
        if (request.getMethod() == Bundle.HTTPVerb.PATCH) {
            redactions.requireNoPatch(exchange);
        }
        requireStepUp(exchange);
        if (!access.mayAskAnything(exchange)) {
            if (url.indexOf('?') >= 0) {
                throw Refusal.notOffered("Search for the resource first, then address it by its id.");
            }
            SearchRules.checkQuery(type, request.getIfNoneExist());
            requireNoCondition(exchange, type, request.getIfNoneExist());
        }
    }

    private void requireNoMatchUrl(IBaseResource resource) {
        if (!finder.matchUrls(resource).isEmpty()) {
            throw Refusal.matchUrl();
        }
    }

    private void operation(Exchange exchange, RequestDetails request, @Nullable String type) {
        String name = request.getOperation();
        if (name != null && PATIENT_OPERATIONS.contains(name)) {
            access.requireRole(exchange, "Patient", Interaction.READ);
            if (ASKING.contains(name)) {
                requireSpokenOf(exchange, request);
            }
            return;
        }
        if (MATCH.equals(name)) {
            access.requireRole(exchange, "Patient", Interaction.SEARCH);
            redactions.requireNotSought(exchange, "Patient", PatientCriteria.SEARCHED);
            return;
        }
        if (name != null && CONSENT_WRITES.containsKey(name)) {
            access.requireRole(exchange, "Consent", CONSENT_WRITES.get(name));
            return;
        }
        if (name != null && KEY_OPERATIONS.contains(name)) {
            requireSpokenOf(exchange, request);
            access.requireRole(
                    exchange, "Consent", name.equals("$signing-keys") ? Interaction.READ : Interaction.CREATE);
            return;
        }
        if (name != null && CONSENT_OPERATIONS.contains(name)) {
            access.requireRole(exchange, "Consent", Interaction.READ);
            return;
        }
        if (name != null && AUDIT_OPERATIONS.contains(name)) {
            access.requireRole(exchange, AUDIT, Interaction.READ);
            if (!AUDIT_OF_A_PATIENT.contains(name)) {
                requireWholeAudit(exchange.requester());
            }
            return;
        }
        if (name != null && EXPORT_OPERATIONS.contains(name)) {
            requireOwn(request, "Export by itself, outside of a Bundle.");
            return;
        }
        if (name == null || !NEUTRAL_OPERATIONS.contains(name)) {
            throw Refusal.notOffered("This operation is not offered; see the CapabilityStatement.");
        }
        if (name.equals("$validate")) {
            validate(request);
        }
    }

    /** What is done with one patient alone is done with a token that speaks of that patient. */
    private static void requireSpokenOf(Exchange exchange, RequestDetails request) {
        PrivacyGrant token = exchange.requester().privacy();
        if (token != null
                && (request.getId() == null
                        || !token.patient().equals(request.getId().getIdPart()))) {
            throw Refusal.ofOnePatient();
        }
    }

    /** What concerns everybody is not written with a token that speaks of one patient, nor is another patient. */
    private static void requireNotEverybodys(Exchange exchange, @Nullable String type) {
        if (exchange.requester().privacy() != null
                && type != null
                && (type.equals("Patient") || type.equals("Person") || SharedTypes.contains(type))) {
            throw Refusal.ofOnePatient();
        }
    }

    /** What looks at the whole record takes a token that leaves none of it out. */
    private static void requireWholeAudit(Requester requester) {
        if (requester.privacy() != null) {
            throw Refusal.ofOnePatient();
        }
        boolean oversees = requester.is(Role.COMPLIANCE) || requester.is(Role.SYSTEM);
        if (oversees && !requester.mayAll(AUDIT, Interaction.READ)) {
            throw Refusal.scope();
        }
    }

    /** Validation of what is stored, or of its deletion, would tell of it; validation of a body tells of nothing. */
    private static void validate(RequestDetails request) {
        Map<String, String[]> parameters = request.getParameters();
        if (request.getId() != null || parameters.containsKey("mode")) {
            throw Refusal.notOffered("Send the resource to validate as the body, without an id or a mode.");
        }
    }
}
