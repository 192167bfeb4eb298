package org.securemed.fhir.consent;

import ca.uhn.fhir.context.BaseRuntimeChildDefinition;
import ca.uhn.fhir.context.BaseRuntimeElementCompositeDefinition;
import ca.uhn.fhir.context.BaseRuntimeElementDefinition;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.RuntimeSearchParam;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.hl7.fhir.instance.model.api.IBase;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.DomainResource;
import org.hl7.fhir.r4.model.Resource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.research.Masked;
import org.securemed.fhir.smart.GranularScopes;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.Role;
import org.securemed.ledger.consent.Purposes;
import org.springframework.beans.factory.ObjectProvider;

/**
 * The custodian's policy of what a purpose does not need: elements that are left out, whatever consents permit, as if
 * they were not stored, in stored Bundles and contained resources as well, and with the narrative. They are not sought
 * either, and who doesn't see a type whole doesn't write it. All of that depends on the request and its purpose alone.
 * The patient, who acts for the patient, and the custodian's systems see everything.
 *
 * @see <a href="https://www.ecfr.gov/current/title-45/section-164.502">45 CFR 164.502(b), minimum necessary</a>
 */
final class Redactions {
    private static final String OBSERVATION_VALUE = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";
    private static final String REDACTED = "REDACTED";

    private static final Set<Role> CONCERNED = Set.of(Role.PATIENT, Role.REPRESENTATIVE);

    /** FHIRPath that reaches an element without naming it. */
    private static final Pattern FAR_REACHING = Pattern.compile("children\\(|descendants\\(|repeat\\(|%");

    private final Map<String, List<Redaction>> byType;
    private final FhirContext context;
    private final ObjectProvider<ISearchParamRegistry> parameters;

    /** @throws IllegalArgumentException if one names no element of R4 */
    Redactions(List<Redaction> all, FhirContext context, ObjectProvider<ISearchParamRegistry> parameters) {
        this.context = context;
        this.parameters = parameters;
        this.byType = all.stream().collect(Collectors.groupingBy(Redaction::type));
        all.forEach(this::requireKnown);
    }

    private void requireKnown(Redaction redaction) {
        try {
            BaseRuntimeElementDefinition<?> at = context.getResourceDefinition(redaction.type());
            for (String name : redaction.path()) {
                BaseRuntimeChildDefinition child = at instanceof BaseRuntimeElementCompositeDefinition<?> composite
                        ? child(composite, name)
                        : null;
                if (child == null || name.equals("id") || name.equals("meta")) {
                    throw new IllegalArgumentException();
                }
                at = child.getChildByName(child.getValidChildNames().iterator().next());
            }
        } catch (RuntimeException e) {
            throw new IllegalArgumentException(
                    "securemed.consent.redactions: there is no such element as " + redaction.element(), e);
        }
    }

    private static @Nullable BaseRuntimeChildDefinition child(
            BaseRuntimeElementCompositeDefinition<?> definition, String name) {
        BaseRuntimeChildDefinition child = definition.getChildByName(name);
        return child == null ? definition.getChildByName(name + "[x]") : child;
    }

    /** What is left out of resources of {@code type} for this requester. */
    private List<Redaction> of(Requester requester, String type) {
        List<Redaction> known = byType.get(type);
        if (known == null || seesEverything(requester)) {
            return List.of();
        }
        return known.stream()
                .filter(redaction -> requester.purposesOfUse().isEmpty()
                        || requester.purposesOfUse().stream()
                                .anyMatch(code -> Purposes.covers(redaction.purpose(), Purposes.of(code))))
                .toList();
    }

    /** Patients and who acts for them, if they are nothing else, and systems of the custodian. */
    private static boolean seesEverything(Requester requester) {
        return requester.isCustodiansSystem()
                || !requester.roles().isEmpty() && CONCERNED.containsAll(requester.roles());
    }

    private boolean redacts(Requester requester, String type) {
        return !of(requester, type).isEmpty();
    }

    /** Whether anything is left out for this requester: any resource may contain one of which something is. */
    boolean redacts(Exchange exchange) {
        return byType.keySet().stream().anyMatch(type -> redacts(exchange.requester(), type));
    }

    /** Leaves out of a resource that was loaded, and of those in it, what is not for this requester. */
    void apply(Exchange exchange, IBaseResource loaded) {
        if (!byType.isEmpty() && apply(exchange.requester(), (Resource) loaded)) {
            mark((Resource) loaded);
        }
    }

    /** Returns whether this is a type of which something is left out, or holds one; not whether anything was there. */
    private boolean apply(Requester requester, Resource resource) {
        List<Redaction> redactions = of(requester, resource.fhirType());
        redactions.forEach(redaction -> remove(resource, redaction.path()));
        boolean concerned = !redactions.isEmpty();
        if (resource instanceof Bundle bundle) {
            for (Bundle.BundleEntryComponent entry : bundle.getEntry()) {
                if (entry.hasResource() && apply(requester, entry.getResource())) {
                    mark(entry.getResource());
                    concerned = true;
                }
            }
        }
        if (resource instanceof DomainResource whole) {
            for (Resource contained : whole.getContained()) {
                concerned |= apply(requester, contained);
            }
            if (concerned) {
                // It says in words what the elements say.
                whole.setText(null);
            }
        }
        return concerned;
    }

    private static void mark(Resource resource) {
        if (resource.getMeta().getSecurity(OBSERVATION_VALUE, REDACTED) == null) {
            resource.getMeta().addSecurity(new Coding(OBSERVATION_VALUE, REDACTED, null));
        }
    }

    private void remove(IBase from, List<String> path) {
        BaseRuntimeElementCompositeDefinition<?> definition = from instanceof IBaseResource resource
                ? context.getResourceDefinition(resource)
                : context.getElementDefinition(from.getClass())
                                instanceof BaseRuntimeElementCompositeDefinition<?> composite
                        ? composite
                        : null;
        BaseRuntimeChildDefinition child = definition == null ? null : child(definition, path.get(0));
        List<IBase> values = child == null ? List.of() : child.getAccessor().getValues(from);
        if (child == null || values.isEmpty()) {
            return;
        }
        if (path.size() > 1) {
            values.forEach(value -> remove(value, path.subList(1, path.size())));
            return;
        }
        IBase first = values.get(0);
        child.getMutator().setValue(from, child.getMin() > 0 ? Masked.like(context, child, first) : null);
    }

    /** Refuses a token that sees some resources of a type by what is left out of it. */
    void requireNotSoughtByToken(Exchange exchange) {
        for (String type : byType.keySet()) {
            for (GranularScopes.Condition condition : ScopeBound.conditions(exchange.requester(), type)) {
                requireNotSought(exchange, type, condition.name());
            }
        }
    }

    /** Refuses to look by what is left out. */
    void requireNotSought(Exchange exchange, @Nullable String type, Map<String, String[]> query) {
        if (byType.isEmpty() || type == null) {
            return;
        }
        query.forEach((name, values) -> {
            String base = name.split("[:.]", 2)[0];
            for (String value : values) {
                if (base.equals("_sort")) {
                    for (String key : value.split(",")) {
                        requireNotSought(exchange, type, key.startsWith("-") ? key.substring(1) : key);
                    }
                } else if (base.equals("_include") || base.equals("_revinclude")) {
                    String[] include = value.split(":");
                    requireNotSought(exchange, include[0], include.length > 1 ? include[1] : "");
                }
            }
            requireNotSought(exchange, type, base);
        });
    }

    /** Refuses criteria, as in {@code Patient?family=Rossi}, that look by what is left out. */
    void requireNotSought(Exchange exchange, String type, List<String> names) {
        names.forEach(name -> requireNotSought(exchange, type, name));
    }

    private void requireNotSought(Exchange exchange, String type, String name) {
        List<Redaction> redactions = of(exchange.requester(), type);
        if (redactions.isEmpty()) {
            return;
        }
        RuntimeSearchParam parameter = parameters
                .getObject()
                .getActiveSearchParam(type, name, ISearchParamRegistry.SearchParamLookupContextEnum.SEARCH);
        if (parameter == null) {
            return;
        }
        if (!parameter.getComponents().isEmpty()
                || FAR_REACHING.matcher(parameter.getPath()).find()) {
            throw sought();
        }
        for (Redaction redaction : redactions) {
            // By the first element: what is below it, or around it, would tell of it, too.
            Pattern reached =
                    Pattern.compile("\\b" + type + "\\." + redaction.path().get(0) + "\\b");
            if (reached.matcher(parameter.getPath()).find()) {
                throw sought();
            }
        }
    }

    private static RuntimeException sought() {
        return Refusal.notOffered("Search without what is left out for your purpose.");
    }

    /** Refuses to write what is not seen whole, also inside of something else. */
    void requireWhole(Exchange exchange, @Nullable String type, @Nullable IBaseResource body) {
        if (byType.isEmpty()) {
            return;
        }
        Requester requester = exchange.requester();
        if (type != null && redacts(requester, type)
                || body instanceof Resource resource && holds(requester, resource)) {
            throw Refusal.notOffered("Parts of this type are left out for your purpose; who sees them writes it.");
        }
    }

    /** Refuses a patch, which could compare what is left out: of any type, because any may contain another. */
    void requireNoPatch(Exchange exchange) {
        if (redacts(exchange)) {
            throw Refusal.notOffered("Parts of what is stored may be left out for your purpose; send it whole.");
        }
    }

    private boolean holds(Requester requester, Resource resource) {
        if (resource instanceof Bundle bundle) {
            return bundle.getEntry().stream()
                    .filter(Bundle.BundleEntryComponent::hasResource)
                    .map(Bundle.BundleEntryComponent::getResource)
                    .anyMatch(inner -> redacts(requester, inner.fhirType()) || holds(requester, inner));
        }
        return resource instanceof DomainResource whole
                && whole.getContained().stream().anyMatch(inner -> redacts(requester, inner.fhirType()));
    }
}
