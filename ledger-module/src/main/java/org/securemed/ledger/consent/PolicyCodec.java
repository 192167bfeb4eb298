package org.securemed.ledger.consent;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Provisions and what they are made of, as JSON trees. Empty elements are left out. */
final class PolicyCodec {
    /** States are many and name the same purposes and labels: one object of each will do. */
    private static final Map<Coding, Coding> WELL_KNOWN = Stream.concat(
                    Purposes.all().stream(),
                    Stream.of(SecurityLabels.NORMAL, SecurityLabels.RESTRICTED, SecurityLabels.VERY_RESTRICTED))
            .collect(Collectors.toUnmodifiableMap(Function.identity(), Function.identity()));

    private PolicyCodec() {}

    static Map<String, Object> write(Provision provision) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("type", provision.type().code());
        put(json, "period", provision.period());
        put(json, "actors", provision.actors(), PolicyCodec::write);
        put(json, "actions", provision.actions(), Action::code);
        put(json, "purposes", provision.purposes(), PolicyCodec::write);
        put(json, "classes", provision.classes(), name -> name);
        put(json, "codes", provision.codes(), PolicyCodec::write);
        put(json, "securityLabels", provision.securityLabels(), PolicyCodec::write);
        put(json, "dataPeriod", provision.dataPeriod());
        put(json, "data", provision.data(), PolicyCodec::write);
        put(json, "provisions", provision.provisions(), PolicyCodec::write);
        return json;
    }

    static Provision readProvision(Fields fields) throws TransitionException {
        ProvisionType type = ProvisionType.ofCode(fields.text("type"));
        Period period = readPeriod(fields, "period");
        List<Actor> actors = new ArrayList<>();
        for (Fields actor : fields.objects("actors")) {
            actors.add(readActor(actor));
        }
        List<Action> actions = new ArrayList<>();
        for (String code : fields.texts("actions")) {
            actions.add(Action.ofCode(code));
        }
        List<Coding> purposes = readCodings(fields, "purposes");
        List<String> classes = fields.texts("classes");
        List<Coding> codes = readCodings(fields, "codes");
        List<Coding> labels = readCodings(fields, "securityLabels");
        Period dataPeriod = readPeriod(fields, "dataPeriod");
        List<DataReference> data = new ArrayList<>();
        for (Fields reference : fields.objects("data")) {
            data.add(readData(reference));
        }
        List<Provision> nested = new ArrayList<>();
        for (Fields provision : fields.objects("provisions")) {
            nested.add(readProvision(provision));
        }
        fields.end();
        return new Provision(type, period, actors, actions, purposes, classes, codes, labels, dataPeriod, data, nested);
    }

    static Map<String, Object> write(Coding coding) {
        Map<String, Object> json = new LinkedHashMap<>();
        putText(json, "system", coding.system());
        json.put("code", coding.code());
        return json;
    }

    static void putText(Map<String, Object> json, String name, String value) {
        if (!value.isEmpty()) {
            json.put(name, value);
        }
    }

    static <T> void put(Map<String, Object> json, String name, List<T> values, Function<? super T, Object> write) {
        if (!values.isEmpty()) {
            json.put(name, values.stream().map(write).toList());
        }
    }

    private static void put(Map<String, Object> json, String name, Period period) {
        Map<String, Object> value = new LinkedHashMap<>();
        if (!period.start().equals(Instant.MIN)) {
            value.put("start", period.start().toString());
        }
        if (!period.until().equals(Instant.MAX)) {
            value.put("until", period.until().toString());
        }
        if (!value.isEmpty()) {
            json.put(name, value);
        }
    }

    private static Period readPeriod(Fields fields, String name) throws TransitionException {
        if (!fields.has(name)) {
            return Period.ALWAYS;
        }
        Fields period = fields.object(name);
        Period value = new Period(period.instantOr("start", Instant.MIN), period.instantOr("until", Instant.MAX));
        period.end();
        return value;
    }

    private static Map<String, Object> write(Actor actor) {
        Map<String, Object> json = new LinkedHashMap<>();
        putText(json, "reference", actor.reference());
        put(json, "roles", actor.roles(), PolicyCodec::write);
        return json;
    }

    private static Actor readActor(Fields fields) throws TransitionException {
        Actor actor = new Actor(fields.textOrEmpty("reference"), readCodings(fields, "roles"));
        fields.end();
        return actor;
    }

    private static Map<String, Object> write(DataReference data) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("meaning", data.meaning().code());
        json.put("reference", data.reference());
        return json;
    }

    private static DataReference readData(Fields fields) throws TransitionException {
        DataReference data =
                new DataReference(DataReference.Meaning.ofCode(fields.text("meaning")), fields.text("reference"));
        fields.end();
        return data;
    }

    private static List<Coding> readCodings(Fields fields, String name) throws TransitionException {
        List<Coding> codings = new ArrayList<>();
        for (Fields coding : fields.objects(name)) {
            codings.add(shared(new Coding(coding.textOrEmpty("system").intern(), coding.text("code"))));
            coding.end();
        }
        return codings;
    }

    private static Coding shared(Coding coding) {
        return WELL_KNOWN.getOrDefault(coding, coding);
    }
}
