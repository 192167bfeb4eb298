package org.securemed.fhir.consent;

import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.rest.param.DateParam;
import ca.uhn.fhir.rest.param.StringParam;
import ca.uhn.fhir.rest.param.TokenOrListParam;
import ca.uhn.fhir.rest.param.TokenParam;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.hl7.fhir.r4.model.HumanName;
import org.hl7.fhir.r4.model.Identifier;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.StringType;
import org.jspecify.annotations.Nullable;

/**
 * What somebody knows of a patient whom they look for: identifiers, or family name and birth date, and whatever else.
 * Made of what was sent alone.
 *
 * @see <a href="https://hl7.org/fhir/R4/patient-operation-match.html">Patient $match</a>
 */
final class PatientCriteria {
    /** How well somebody fits, best first. Scores are ours; the standard asks for 0 to 1. */
    enum Grade {
        CERTAIN("certain", "1.0"),
        PROBABLE("probable", "0.8"),
        POSSIBLE("possible", "0.5");

        private final String code;
        private final String score;

        Grade(String code, String score) {
            this.code = code;
            this.score = score;
        }

        /** Code of the match-grade extension. */
        String code() {
            return code;
        }

        /** Score, 0 to 1. */
        String score() {
            return score;
        }
    }

    /** Search parameters that a match is made by. */
    static final List<String> SEARCHED = List.of("identifier", "family", "given", "birthdate", "gender");

    private static final int MOST_IDENTIFIERS = 10;
    private static final int LONGEST = 256;

    private final List<Identifier> identifiers = new ArrayList<>();
    private final Patient known;
    private final @Nullable String family;
    private final @Nullable String given;
    private final @Nullable String birthDate;
    private final @Nullable String gender;

    /**
     * @param sought what is known; at least one identifier with system and value, or family name and whole birth date
     * @throws ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException 422 if that is too little
     */
    PatientCriteria(@Nullable Patient sought) {
        this.known = sought == null ? new Patient() : sought;
        for (Identifier identifier : known.getIdentifier()) {
            if (isUsable(identifier.getSystem()) && isUsable(identifier.getValue())) {
                identifiers.add(identifier);
            }
        }
        HumanName name = known.getNameFirstRep();
        this.family = isUsable(name.getFamily()) ? name.getFamily() : null;
        this.given = name.getGiven().stream()
                .map(StringType::getValue)
                .filter(PatientCriteria::isUsable)
                .findFirst()
                .orElse(null);
        String born = known.getBirthDateElement().getValueAsString();
        this.birthDate = born != null && born.length() == "2000-01-01".length() ? born : null;
        this.gender = known.hasGender() ? known.getGender().toCode() : null;
        boolean enough = !identifiers.isEmpty() || family != null && birthDate != null;
        if (!enough || identifiers.size() > MOST_IDENTIFIERS) {
            throw Refusal.unprocessable(
                    "match-incomplete",
                    "Say an identifier with its system (10 at most), or family name and birth date: parameter resource.");
        }
    }

    private static boolean isUsable(@Nullable String text) {
        return text != null && !text.isBlank() && text.length() <= LONGEST;
    }

    /** What of it counts, and nothing else of what was sent. */
    Patient sought() {
        Patient sought = new Patient();
        identifiers.forEach(sought::addIdentifier);
        if (family != null || given != null) {
            HumanName name = sought.addName().setFamily(family);
            if (given != null) {
                name.addGiven(given);
            }
        }
        if (birthDate != null) {
            sought.getBirthDateElement().setValueAsString(birthDate);
        }
        if (gender != null) {
            sought.setGender(known.getGender());
        }
        return sought;
    }

    /** The searches that find whoever may be meant. */
    List<SearchParameterMap> searches() {
        List<SearchParameterMap> searches = new ArrayList<>();
        if (!identifiers.isEmpty()) {
            TokenOrListParam any = new TokenOrListParam();
            identifiers.forEach(identifier -> any.add(new TokenParam(identifier.getSystem(), identifier.getValue())));
            SearchParameterMap byNumber = SearchParameterMap.newSynchronous();
            byNumber.add("identifier", any);
            searches.add(byNumber);
        }
        if (family != null && birthDate != null) {
            SearchParameterMap byName = SearchParameterMap.newSynchronous();
            byName.add("family", new StringParam(family));
            byName.add("birthdate", new DateParam(birthDate));
            searches.add(byName);
        }
        return searches;
    }

    /** How well {@code candidate} fits; empty if not. */
    Optional<Grade> grade(Patient candidate) {
        boolean sameNumber = candidate.getIdentifier().stream().anyMatch(this::isSought);
        boolean sameName =
                family == null ? false : candidate.getName().stream().anyMatch(name -> same(family, name.getFamily()));
        boolean sameBirth = birthDate != null
                && birthDate.equals(candidate.getBirthDateElement().getValueAsString());
        boolean otherBirth = birthDate != null && candidate.hasBirthDate() && !sameBirth;
        boolean otherName = family != null && candidate.hasName() && !sameName;
        boolean otherGender = gender != null
                && candidate.hasGender()
                && !gender.equals(candidate.getGender().toCode());
        if (sameNumber) {
            return Optional.of(otherBirth || otherName || otherGender ? Grade.PROBABLE : Grade.CERTAIN);
        }
        if (!sameName || !sameBirth) {
            return Optional.empty();
        }
        boolean sameGiven = given != null
                && candidate.getName().stream()
                        .flatMap(name -> name.getGiven().stream())
                        .anyMatch(one -> same(given, one.getValue()));
        return Optional.of(sameGiven && !otherGender ? Grade.PROBABLE : Grade.POSSIBLE);
    }

    private boolean isSought(Identifier identifier) {
        return identifiers.stream()
                .anyMatch(sought -> sought.getSystem().equals(identifier.getSystem())
                        && sought.getValue().equals(identifier.getValue()));
    }

    private static boolean same(String one, @Nullable String other) {
        return other != null
                && one.strip().toLowerCase(Locale.ROOT).equals(other.strip().toLowerCase(Locale.ROOT));
    }
}
