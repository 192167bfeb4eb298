package org.securemed.fhir.demo;

import java.util.List;
import java.util.Set;
import org.securemed.fhir.smart.DemoPeople;
import org.securemed.fhir.smart.Role;

/** Who can log in to the demonstration. Each password is the user name. */
final class DemoCast {
    private static final String HOSPITAL_NAME = "Riverside General Hospital";

    private DemoCast() {}

    /** The accounts: staff of the hospital, and its first two patients. */
    static DemoPeople people() {
        return new DemoPeople(List.of(
                staff("physician", "Dr Amara Okafor", Role.PHYSICIAN, Hospital.PHYSICIAN, "TREAT"),
                staff("physician2", "Dr Jonas Lindqvist", Role.PHYSICIAN, Hospital.OTHER_PHYSICIAN, "TREAT"),
                staff("nurse", "Linh Tran", Role.NURSE, Hospital.NURSE, "TREAT"),
                staff("administrator", "Petra Novak", Role.ADMINISTRATOR, Hospital.ADMINISTRATOR, "HOPERAT"),
                staff("compliance", "Samuel Adeyemi", Role.COMPLIANCE, Hospital.COMPLIANCE_OFFICER, "HOPERAT"),
                patient("patient", "Elena Rossi", "Patient/elena-rossi"),
                patient("patient2", "Mateusz Kowalczyk", "Patient/mateusz-kowalczyk")));
    }

    private static DemoPeople.Person staff(
            String username, String name, Role role, String practitioner, String purpose) {
        return new DemoPeople.Person(
                username, username, name, role, practitioner, Hospital.HOSPITAL, HOSPITAL_NAME, Set.of(purpose));
    }

    private static DemoPeople.Person patient(String username, String name, String patient) {
        return new DemoPeople.Person(username, username, name, Role.PATIENT, patient, null, null, Set.of("PATRQT"));
    }
}
