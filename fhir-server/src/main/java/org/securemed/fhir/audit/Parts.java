package org.securemed.fhir.audit;

import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.InstantType;
import org.hl7.fhir.r4.model.Parameters.ParametersParameterComponent;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;
import org.jspecify.annotations.Nullable;

/** Adds parts to a parameter of an answer; what is null or empty is left out. */
record Parts(ParametersParameterComponent parameter) {

    Parts text(String name, @Nullable String value) {
        if (value != null && !value.isEmpty()) {
            parameter.addPart().setName(name).setValue(new StringType(value));
        }
        return this;
    }

    Parts texts(String name, @Nullable List<String> values) {
        if (values != null) {
            values.forEach(value -> text(name, value));
        }
        return this;
    }

    Parts instant(String name, Instant value) {
        parameter.addPart().setName(name).setValue(new InstantType(Date.from(value)));
        return this;
    }

    Parts flag(String name, boolean value) {
        parameter.addPart().setName(name).setValue(new BooleanType(value));
        return this;
    }

    Parts reference(String name, @Nullable String reference, @Nullable String display) {
        boolean named = display != null && !display.isEmpty();
        if (reference != null || named) {
            parameter.addPart().setName(name).setValue(new Reference(reference).setDisplay(named ? display : null));
        }
        return this;
    }
}
