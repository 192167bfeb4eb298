package org.securemed.fhir.review;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.DataFormatException;
import java.text.Normalizer;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.Address;
import org.hl7.fhir.r4.model.ContactPoint;
import org.hl7.fhir.r4.model.HumanName;
import org.hl7.fhir.r4.model.Identifier;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Practitioner;
import org.hl7.fhir.r4.model.Resource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * The records of this server, read from HAPI's tables by the server itself; nobody is shown what it reads. Thread-safe.
 */
final class StoredCareContext implements CareContext {
    private static final String LINKED =
            "select exists (select 1 from hfj_res_link p join hfj_resource t on t.res_id = p.target_resource_id"
                    + " join hfj_res_link u on u.src_resource_id = p.src_resource_id"
                    + " join hfj_resource s on s.res_id = u.target_resource_id"
                    + " join hfj_resource r on r.res_id = p.src_resource_id and r.res_deleted_at is null"
                    + " where t.res_type = 'Patient' and t.fhir_id = ? and s.res_type = ? and s.fhir_id = ?"
                    + " and p.source_resource_type in ('Encounter', 'CareTeam', 'Appointment', 'ServiceRequest',"
                    + " 'CarePlan', 'EpisodeOfCare', 'Procedure', 'MedicationRequest', 'Observation', 'Condition',"
                    + " 'DiagnosticReport', 'DocumentReference', 'Immunization', 'Task', 'Communication'))"
                    + " or exists (select 1 from hfj_res_link l join hfj_resource p on p.res_id = l.src_resource_id"
                    + " join hfj_resource s on s.res_id = l.target_resource_id"
                    + " where p.res_type = 'Patient' and p.fhir_id = ? and s.res_type = ? and s.fhir_id = ?)";

    /** What resources of some types that refer to somebody refer to besides. */
    private static final String BESIDES = "select distinct o.res_type || '/' || o.fhir_id from hfj_res_link p"
            + " join hfj_resource t on t.res_id = p.target_resource_id"
            + " join hfj_res_link l on l.src_resource_id = p.src_resource_id"
            + " join hfj_resource o on o.res_id = l.target_resource_id"
            + " where t.res_type = ? and t.fhir_id = ? and p.source_resource_type in ('%s')"
            + " and o.res_type in ('Organization', 'Location', 'HealthcareService') limit 200";

    private static final String WORKS = BESIDES.formatted("PractitionerRole");
    private static final String TREATED = BESIDES.formatted("Encounter', 'EpisodeOfCare', 'Appointment");

    private static final String TEXT =
            "select v.res_text_vc from hfj_resource r join hfj_res_ver v on v.res_id = r.res_id and v.res_ver = r.res_ver"
                    + " where r.res_type = ? and r.fhir_id = ? and r.res_deleted_at is null";

    private final JdbcTemplate jdbc;
    private final FhirContext fhir;

    StoredCareContext(JdbcTemplate jdbc, FhirContext fhir) {
        this.jdbc = jdbc;
        this.fhir = fhir;
    }

    @Override
    public Optional<Identity> identity(String reference) {
        return resource(reference).flatMap(StoredCareContext::identity);
    }

    @Override
    public boolean cares(String user, String patient) {
        String[] by = split(user);
        String id = split(patient)[1];
        return Boolean.TRUE.equals(jdbc.queryForObject(LINKED, Boolean.class, id, by[0], by[1], id, by[0], by[1]));
    }

    @Override
    public boolean isVip(String patient) {
        return resource(patient)
                .filter(found -> found.getMeta().getSecurity().stream()
                        .anyMatch(label -> "VIP".equals(label.getCode()) || "CEL".equals(label.getCode())))
                .isPresent();
    }

    @Override
    public Set<String> departments(String user) {
        String[] parts = split(user);
        return Set.copyOf(jdbc.queryForList(WORKS, String.class, parts[0], parts[1]));
    }

    @Override
    public Set<String> departmentsOf(String patient) {
        String[] parts = split(patient);
        return Set.copyOf(jdbc.queryForList(TREATED, String.class, parts[0], parts[1]));
    }

    private Optional<Resource> resource(String reference) {
        String[] parts = split(reference);
        List<@Nullable String> texts = jdbc.queryForList(TEXT, String.class, parts[0], parts[1]);
        try {
            return texts.stream().filter(Objects::nonNull).findFirst().map(text ->
                    (Resource) fhir.newJsonParser().parseResource(text));
        } catch (DataFormatException e) {
            return Optional.empty();
        }
    }

    private static String[] split(String reference) {
        String[] parts = reference.split("/", 2);
        return parts.length == 2 ? parts : new String[] {reference, ""};
    }

    private static Optional<Identity> identity(Resource resource) {
        if (resource instanceof Patient patient) {
            return Optional.of(identity(
                    patient.getName(),
                    patient.getBirthDateElement().getValueAsString(),
                    patient.getAddress(),
                    patient.getTelecom(),
                    patient.getIdentifier()));
        }
        if (resource instanceof Practitioner practitioner) {
            return Optional.of(identity(
                    practitioner.getName(),
                    practitioner.getBirthDateElement().getValueAsString(),
                    practitioner.getAddress(),
                    practitioner.getTelecom(),
                    practitioner.getIdentifier()));
        }
        return Optional.empty();
    }

    private static Identity identity(
            List<HumanName> names,
            @Nullable String born,
            List<Address> addresses,
            List<ContactPoint> telecom,
            List<Identifier> identifiers) {
        Set<String> surnames = new HashSet<>();
        Set<String> whole = new HashSet<>();
        for (HumanName name : names) {
            String family = plain(name.getFamily());
            String given = plain(name.getGivenAsSingleString().split(" ")[0]);
            if (!family.isEmpty()) {
                surnames.add(family);
            }
            if (!family.isEmpty() && !given.isEmpty() && born != null) {
                whole.add(given + " " + family + " " + born);
            }
        }
        Set<String> homes = new HashSet<>();
        for (Address address : addresses) {
            String street = address.hasLine() ? plain(address.getLine().get(0).getValue()) : "";
            if (address.getUse() != Address.AddressUse.WORK && !street.isEmpty()) {
                homes.add(street + " " + plain(address.getPostalCode()) + " " + plain(address.getCity()));
            }
        }
        Set<String> phones = new HashSet<>();
        for (ContactPoint contact : telecom) {
            String value = contact.getValue() == null ? "" : contact.getValue().replaceAll("[^0-9]", "");
            boolean phone = contact.getSystem() == ContactPoint.ContactPointSystem.PHONE
                    && contact.getUse() != ContactPoint.ContactPointUse.WORK;
            if (phone && value.length() >= 6) {
                phones.add(value);
            }
        }
        Set<String> numbers = new HashSet<>();
        for (Identifier identifier : identifiers) {
            if (identifier.hasSystem() && identifier.hasValue()) {
                numbers.add(identifier.getSystem() + "|" + identifier.getValue());
            }
        }
        return new Identity(surnames, whole, homes, phones, numbers);
    }

    private static String plain(@Nullable String text) {
        return text == null
                ? ""
                : Normalizer.normalize(text, Normalizer.Form.NFD)
                        .replaceAll("\\p{M}", "")
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N}]+", " ")
                        .strip();
    }
}
