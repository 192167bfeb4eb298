package org.securemed.fhir.research;

import ca.uhn.fhir.context.BaseRuntimeChildDefinition;
import ca.uhn.fhir.context.BaseRuntimeElementDefinition;
import ca.uhn.fhir.context.FhirContext;
import org.hl7.fhir.instance.model.api.IBase;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.Element;
import org.hl7.fhir.r4.model.Extension;

/**
 * An element that has to be there and may not be told.
 *
 * @see <a href="https://hl7.org/fhir/R4/extension-data-absent-reason.html">data-absent-reason</a>
 */
public final class Masked {
    private static final String DATA_ABSENT_REASON = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";

    private Masked() {}

    /** An element like {@code value} that says {@code masked} and nothing else. */
    public static IBase like(FhirContext context, BaseRuntimeChildDefinition child, IBase value) {
        IBase masked = blank(context, child, value);
        if (masked instanceof Element element) {
            element.addExtension(new Extension(DATA_ABSENT_REASON, new CodeType("masked")));
        }
        return masked;
    }

    /** An element like {@code value} without a value. */
    static IBase blank(FhirContext context, BaseRuntimeChildDefinition child, IBase value) {
        BaseRuntimeElementDefinition<?> definition = context.getElementDefinition(value.getClass());
        Object arguments = child.getInstanceConstructorArguments();
        return arguments == null ? definition.newInstance() : definition.newInstance(arguments);
    }
}
