package org.securemed.fhir.consent;

import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.rest.api.RequestTypeEnum;
import ca.uhn.fhir.rest.api.RestOperationTypeEnum;
import ca.uhn.fhir.rest.param.StringAndListParam;
import ca.uhn.fhir.rest.param.StringOrListParam;
import ca.uhn.fhir.rest.param.StringParam;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hl7.fhir.r4.model.HumanName;
import org.hl7.fhir.r4.model.Patient;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.smart.AppUser;
import org.securemed.fhir.smart.PatientChoices;
import org.securemed.fhir.smart.Requester;

/** The patient picker: patients whose consent lets the person see them, by the same gate as every search. */
final class ConsentingPatients implements PatientChoices {
    private static final String SESSION = "patient-picker";

    private final HouseRequests requests;
    private final ResourceAccess access;
    private final OwnerIndex index;
    private final String issuer;

    ConsentingPatients(HouseRequests requests, ResourceAccess access, OwnerIndex index, String issuer) {
        this.requests = requests;
        this.access = access;
        this.index = index;
        this.issuer = issuer;
    }

    @Override
    public List<Choice> find(AppUser user, String text, int most) {
        SearchParameterMap parameters = new SearchParameterMap();
        StringAndListParam name = new StringAndListParam();
        for (String word : text.strip().split("\\s+")) {
            if (!word.isEmpty()) {
                name.addAnd(new StringOrListParam().addOr(new StringParam(word)));
            }
        }
        parameters.add(Patient.SP_NAME, name);
        Map<String, Choice> found = new LinkedHashMap<>();
        for (AppUser one : user.everybody()) {
            requests.search(requester(one), "Patient", parameters.clone(), Map.of(Patient.SP_NAME, text), most).stream()
                    .filter(Patient.class::isInstance)
                    .map(Patient.class::cast)
                    .map(patient -> new Choice(patient.getIdElement().getIdPart(), label(patient)))
                    .forEach(choice -> found.putIfAbsent(choice.patient(), choice));
        }
        return found.values().stream().limit(most).toList();
    }

    @Override
    public boolean mayOpen(AppUser user, String patient) {
        Exchange exchange = Exchange.of(requests.begin(
                        requester(user.toward(patient)), RestOperationTypeEnum.READ, RequestTypeEnum.GET, "Patient"))
                .orElseThrow();
        return index.find("Patient/" + patient)
                .filter(ownership -> !ownership.deleted() && access.permits(exchange, ownership, "Patient/" + patient))
                .isPresent();
    }

    private Requester requester(AppUser user) {
        return Requester.inPerson(user, issuer, SESSION, Instant.now(), "");
    }

    private static String label(Patient patient) {
        HumanName name = patient.getNameFirstRep();
        String born = patient.hasBirthDate()
                ? ", born " + patient.getBirthDateElement().getValueAsString()
                : "";
        return name.getNameAsSingleString() + born;
    }
}
