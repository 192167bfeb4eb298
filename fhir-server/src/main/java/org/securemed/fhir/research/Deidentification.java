package org.securemed.fhir.research;

import ca.uhn.fhir.context.BaseRuntimeChildDefinition;
import ca.uhn.fhir.context.BaseRuntimeElementCompositeDefinition;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.RuntimeResourceBlockDefinition;
import ca.uhn.fhir.model.api.TemporalPrecisionEnum;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Calendar;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.hl7.fhir.instance.model.api.IBase;
import org.hl7.fhir.r4.model.Address;
import org.hl7.fhir.r4.model.BackboneElement;
import org.hl7.fhir.r4.model.BaseDateTimeType;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.DecimalType;
import org.hl7.fhir.r4.model.DomainResource;
import org.hl7.fhir.r4.model.Dosage;
import org.hl7.fhir.r4.model.Enumeration;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.IntegerType;
import org.hl7.fhir.r4.model.Money;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Period;
import org.hl7.fhir.r4.model.PositiveIntType;
import org.hl7.fhir.r4.model.PrimitiveType;
import org.hl7.fhir.r4.model.Quantity;
import org.hl7.fhir.r4.model.Range;
import org.hl7.fhir.r4.model.Ratio;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.SampledData;
import org.hl7.fhir.r4.model.Timing;
import org.hl7.fhir.r4.model.UnsignedIntType;
import org.jspecify.annotations.Nullable;

/**
 * Makes of a resource another one that holds nothing by which the patient, their relatives, employers or household
 * could be known: none of the 18 kinds of identifiers of HIPAA's Safe Harbor, with dates shifted instead of cut to the
 * year.
 *
 * <p>It builds rather than erases. Codes of {@linkplain KnownCodes known systems}, numbers with units of UCUM, values
 * of required bindings, shifted dates and references under pseudonyms are put into a new resource; all else (any text,
 * name, address below the state, identifier, URL, attachment, extension, local code) is not, whatever element it stands
 * in. Where FHIR demands an element of which nothing was left it says {@code masked}. Thread-safe.
 *
 * @see <a href="https://www.ecfr.gov/current/title-45/section-164.514">45 CFR 164.514(b)(2)</a>
 */
public final class Deidentification {
    /** {@code meta.security} of what was made here. */
    public static final String PSEUDONYMIZED = "PSEUDED";

    private static final String OBSERVATION_VALUE = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";
    private static final String MASKED_MODIFIER = "https://securemed.org/fhir/StructureDefinition/masked-modifier";
    private static final String LOINC = "http://loinc.org";
    private static final int OLDEST = 89;

    /** LOINC codes of observations that are an age. */
    private static final Set<String> AGES = Set.of("30525-0", "21612-7", "29553-5", "21611-9", "63900-5", "46251-5");

    /** How many make a year. */
    private static final Map<String, Double> YEAR =
            Map.of("a", 1.0, "mo", 12.0, "wk", 52.18, "d", 365.25, "h", 8766.0, "a_j", 1.0, "mo_j", 12.0);

    /** Of people and places around the patient, and what is handled for itself. */
    private static final Set<String> LEFT_OUT = Set.of(
            "id",
            "meta",
            "implicitRules",
            "language",
            "text",
            "contained",
            "extension",
            "modifierExtension",
            "identifier",
            "contact",
            "link",
            "photo",
            "position",
            "born");

    private static final Set<String> RACE = Set.of(
            "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race",
            "http://hl7.org/fhir/us/core/StructureDefinition/us-core-ethnicity");

    private static final Set<Class<?>> NUMBERS = Set.of(
            BooleanType.class, IntegerType.class, PositiveIntType.class, UnsignedIntType.class, DecimalType.class);

    /** Made of what is judged for itself. */
    private static final Set<Class<?>> COMPOSITES = Set.of(
            Range.class,
            Ratio.class,
            Period.class,
            Timing.class,
            Timing.TimingRepeatComponent.class,
            Dosage.class,
            Dosage.DosageDoseAndRateComponent.class,
            SampledData.class,
            Money.class);

    private final FhirContext context;
    private final KnownCodes codes;
    private final Clock clock;

    /** @param clock tells who is older than 89 */
    public Deidentification(FhirContext context, KnownCodes codes, Clock clock) {
        this.context = context;
        this.codes = codes;
        this.clock = clock;
    }

    /**
     * What stands for what in one resource.
     *
     * @param id of the resource, its pseudonym
     * @param earlier by how much its dates are moved; null if it has no patient: then it has no dates either
     * @param references what stands for {@code Type/id}: {@code Type/pseudonym}, or null for nothing
     */
    public record Stand(String id, @Nullable Duration earlier, UnaryOperator<@Nullable String> references) {}

    /**
     * The local resources that a resource refers to, {@code Type/id}.
     *
     * @param baseUrl of this server: what stands below it is local, too
     */
    public static Optional<String> local(Reference reference, String baseUrl) {
        if (!reference.hasReference()) {
            return Optional.empty();
        }
        IdType id = new IdType(reference.getReference());
        boolean here = id.hasResourceType()
                && id.hasIdPart()
                && id.isIdPartValid()
                && (!id.hasBaseUrl() || id.getBaseUrl().equals(baseUrl));
        return here ? Optional.of(id.getResourceType() + "/" + id.getIdPart()) : Optional.empty();
    }

    /** All references in a resource and what it contains. */
    public List<Reference> references(Resource resource) {
        return context.newTerser().getAllPopulatedChildElementsOfType(resource, Reference.class);
    }

    /**
     * The resource without what identifies.
     *
     * @param baseUrl of this server
     */
    public Resource of(Resource original, Stand stand, String baseUrl) {
        return new Making(original, stand, baseUrl).make();
    }

    /** The making of one resource. */
    private final class Making {
        private final Resource original;
        private final Stand stand;
        private final String baseUrl;
        private final Map<String, String> contained = new LinkedHashMap<>();
        private final boolean isAge;

        Making(Resource original, Stand stand, String baseUrl) {
            this.original = original;
            this.stand = stand;
            this.baseUrl = baseUrl;
            this.isAge = original instanceof Observation observation
                    && observation.getCode().getCoding().stream()
                            .anyMatch(code -> LOINC.equals(code.getSystem()) && AGES.contains(code.getCode()));
        }

        Resource make() {
            List<Resource> inside =
                    original instanceof DomainResource domain ? domain.getContained() : List.<Resource>of();
            for (Resource one : inside) {
                contained.put(localId(one.getId()), "c" + (contained.size() + 1));
            }
            Resource made = blank(original);
            made.setId(original.fhirType() + "/" + stand.id());
            if (made instanceof DomainResource domain) {
                for (Resource one : inside) {
                    Resource copy = blank(one);
                    copy.setId(contained.get(localId(one.getId())));
                    copyChildren(one, copy);
                    domain.addContained(copy);
                }
                if (((DomainResource) original).hasModifierExtension()) {
                    domain.addModifierExtension(new Extension(MASKED_MODIFIER, new BooleanType(true)));
                }
            }
            copyChildren(original, made);
            original.getMeta().getSecurity().stream()
                    .map(this::coding)
                    .filter(java.util.Objects::nonNull)
                    .forEach(made.getMeta()::addSecurity);
            if (made.getMeta().getSecurity(OBSERVATION_VALUE, PSEUDONYMIZED) == null) {
                made.getMeta().addSecurity(new Coding(OBSERVATION_VALUE, PSEUDONYMIZED, null));
            }
            if (original instanceof Patient from && made instanceof Patient to) {
                race(from, to);
            }
            return made;
        }

        private Resource blank(Resource resource) {
            return (Resource) context.getResourceDefinition(resource).newInstance();
        }

        private void copyChildren(IBase from, IBase to) {
            for (BaseRuntimeChildDefinition child : definition(from).getChildren()) {
                if (!LEFT_OUT.contains(child.getElementName().replace("[x]", ""))) {
                    copyChild(child, from, to);
                }
            }
        }

        private void copyChild(BaseRuntimeChildDefinition child, IBase from, IBase to) {
            boolean left = false;
            List<IBase> values = child.getAccessor().getValues(from);
            for (IBase value : values) {
                IBase kept = kept(child, value);
                if (kept != null && !kept.isEmpty()) {
                    child.getMutator().addValue(to, kept);
                    left = true;
                }
            }
            if (!left && !values.isEmpty() && child.getMin() > 0) {
                child.getMutator().addValue(to, Masked.like(context, child, values.get(0)));
            }
        }

        private @Nullable IBase kept(BaseRuntimeChildDefinition child, IBase value) {
            if (value instanceof Enumeration<?> or && or.getValue() == null || value instanceof Extension) {
                return null;
            }
            if (value instanceof Enumeration<?> || NUMBERS.contains(value.getClass())) {
                return number(child, (PrimitiveType<?>) value);
            }
            if (value instanceof BaseDateTimeType date) {
                return date(child, date);
            }
            if (value instanceof Coding coding) {
                return coding(coding);
            }
            if (value instanceof CodeableConcept concept) {
                return concept(concept);
            }
            if (value instanceof Quantity quantity) {
                return quantity(child, quantity);
            }
            if (value instanceof Reference reference) {
                return reference(reference);
            }
            if (value instanceof Address address) {
                return address(address);
            }
            boolean block = context.getElementDefinition(value.getClass()) instanceof RuntimeResourceBlockDefinition;
            if (block || COMPOSITES.contains(value.getClass())) {
                IBase copy = Masked.blank(context, child, value);
                copyChildren(value, copy);
                if (value instanceof BackboneElement from
                        && from.hasModifierExtension()
                        && copy instanceof BackboneElement to) {
                    to.addModifierExtension(new Extension(MASKED_MODIFIER, new BooleanType(true)));
                }
                return copy;
            }
            return null;
        }

        private @Nullable IBase number(BaseRuntimeChildDefinition child, PrimitiveType<?> value) {
            if (!value.hasValue()) {
                return null;
            }
            PrimitiveType<?> copy = (PrimitiveType<?>) Masked.blank(context, child, value);
            boolean old = isAge && value instanceof IntegerType age && age.getValue() > OLDEST;
            copy.setValueAsString(old ? String.valueOf(OLDEST + 1) : value.getValueAsString());
            return copy;
        }

        private @Nullable IBase date(BaseRuntimeChildDefinition child, BaseDateTimeType value) {
            Duration earlier = stand.earlier();
            if (earlier == null || value.getValue() == null) {
                return null;
            }
            boolean birth = child.getElementName().equals("birthDate");
            if (birth && isOld(value)) {
                return null;
            }
            BaseDateTimeType copy = (BaseDateTimeType) Masked.blank(context, child, value);
            copy.setValueAsString(value.getValueAsString());
            if (value.getPrecision().ordinal() <= TemporalPrecisionEnum.DAY.ordinal()) {
                copy.add(Calendar.DATE, Math.toIntExact(-earlier.toDays()));
                if (birth) {
                    copy.setPrecision(TemporalPrecisionEnum.YEAR);
                }
            } else {
                copy.setTimeZoneZulu(true);
                copy.add(Calendar.SECOND, Math.toIntExact(-earlier.toSeconds()));
                copy.setPrecision(TemporalPrecisionEnum.SECOND);
            }
            return copy;
        }

        private boolean isOld(BaseDateTimeType birth) {
            LocalDate born =
                    birth.getValue().toInstant().atZone(ZoneId.systemDefault()).toLocalDate();
            return !born.plusYears(OLDEST + 1L).isAfter(LocalDate.now(clock));
        }

        private @Nullable Coding coding(Coding coding) {
            return codes.contains(coding.getSystem(), coding.getCode())
                    ? new Coding(coding.getSystem(), coding.getCode(), null)
                    : null;
        }

        private @Nullable IBase concept(CodeableConcept concept) {
            CodeableConcept copy = new CodeableConcept();
            concept.getCoding().stream()
                    .map(this::coding)
                    .filter(java.util.Objects::nonNull)
                    .forEach(copy::addCoding);
            return copy;
        }

        private @Nullable IBase quantity(BaseRuntimeChildDefinition child, Quantity quantity) {
            if (!quantity.hasValue()) {
                return null;
            }
            Quantity copy = (Quantity) Masked.blank(context, child, quantity);
            copy.setValue(quantity.getValue());
            if (quantity.hasComparator()) {
                copy.setComparator(quantity.getComparator());
            }
            if (codes.isUnit(quantity.getSystem(), quantity.getCode())) {
                copy.setSystem(quantity.getSystem());
                copy.setCode(quantity.getCode());
                copy.setUnit(quantity.getCode());
            }
            boolean years = isAge
                    || quantity.fhirType().equals("Age")
                    || quantity.hasUnit()
                            && quantity.getUnit().toLowerCase(Locale.ROOT).startsWith("y");
            Double year = copy.hasCode() ? YEAR.get(copy.getCode()) : years ? Double.valueOf(1) : null;
            if (year != null && quantity.getValue().doubleValue() / year > OLDEST) {
                copy.setValue((OLDEST + 1) * year.longValue());
                copy.setComparator(Quantity.QuantityComparator.GREATER_OR_EQUAL);
            }
            return copy;
        }

        private @Nullable IBase reference(Reference reference) {
            String literal = reference.getReference();
            if (literal == null || literal.isEmpty()) {
                return null;
            }
            if (literal.startsWith("#")) {
                String inside = contained.get(localId(literal));
                return inside == null ? null : new Reference("#" + inside);
            }
            String other = local(reference, baseUrl).map(stand.references()).orElse(null);
            return other == null ? null : new Reference(other);
        }

        private @Nullable IBase address(Address address) {
            Address copy = new Address();
            if (codes.isState(address.getState())) {
                copy.setState(address.getState());
            }
            if (codes.contains("urn:iso:std:iso:3166", address.getCountry())) {
                copy.setCountry(address.getCountry());
            }
            return copy;
        }

        private void race(Patient from, Patient to) {
            for (Extension extension : from.getExtension()) {
                if (RACE.contains(extension.getUrl())) {
                    Extension copy = new Extension(extension.getUrl());
                    for (Extension part : extension.getExtensionsByUrl("ombCategory")) {
                        Coding category = part.getValue() instanceof Coding coding ? coding(coding) : null;
                        if (category != null) {
                            copy.addExtension(new Extension("ombCategory", category));
                        }
                    }
                    if (copy.hasExtension()) {
                        to.addExtension(copy);
                    }
                }
            }
        }

        private BaseRuntimeElementCompositeDefinition<?> definition(IBase from) {
            return from instanceof Resource resource
                    ? context.getResourceDefinition(resource)
                    : (BaseRuntimeElementCompositeDefinition<?>) context.getElementDefinition(from.getClass());
        }

        private static String localId(@Nullable String id) {
            String text = id == null ? "" : id;
            return text.startsWith("#") ? text.substring(1) : text;
        }
    }
}
