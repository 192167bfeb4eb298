package org.securemed.fhir.research;

import ca.uhn.fhir.context.BaseRuntimeChildDefinition;
import ca.uhn.fhir.context.BaseRuntimeElementCompositeDefinition;
import ca.uhn.fhir.context.BaseRuntimeElementDefinition;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.RuntimeChildPrimitiveEnumerationDatatypeDefinition;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.instance.model.api.IBase;
import org.hl7.fhir.instance.model.api.IPrimitiveType;
import org.hl7.fhir.r4.model.BackboneElement;
import org.hl7.fhir.r4.model.Base64BinaryType;
import org.hl7.fhir.r4.model.BaseDateTimeType;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.DateType;
import org.hl7.fhir.r4.model.DecimalType;
import org.hl7.fhir.r4.model.DomainResource;
import org.hl7.fhir.r4.model.Element;
import org.hl7.fhir.r4.model.Enumeration;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.IntegerType;
import org.hl7.fhir.r4.model.Narrative;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Quantity;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.StringType;
import org.hl7.fhir.r4.model.TimeType;

/** Resources in which every element holds something that identifies somebody, as far as its kind can. */
public final class Planted {
    /** Part of whatever text was planted; some of it in another encoding. */
    public static final List<String> MARKS =
            List.of("lanted", "LANTED", "cGxhbnRlZ", "1961-07-23", "1961-07", "04:05:06", "05:06");

    private static final Set<String> SYSTEMS = Set.of("urn:planted", "http://loinc.org");
    private static final int DEEPEST = 4;

    private final FhirContext context;
    private final int variant;
    private int number;

    /** @param variant which of several types an element gets, and which code system */
    public Planted(FhirContext context, int variant) {
        this.context = context;
        this.variant = variant;
    }

    /** A resource of this type. */
    public Resource resource(String type) {
        Resource resource = (Resource) context.getResourceDefinition(type).newInstance();
        fill(resource, 0);
        resource.setId(type + "/planted-id");
        if (resource instanceof DomainResource domain) {
            domain.addExtension(new Extension("http://planted.example", new StringType("planted")));
            domain.addModifierExtension(new Extension("http://planted.example", new StringType("planted")));
            Patient inside = new Patient();
            fill(inside, DEEPEST - 1);
            inside.setId("#planted-inside");
            domain.addContained(inside);
        }
        return resource;
    }

    private void fill(IBase target, int depth) {
        BaseRuntimeElementCompositeDefinition<?> definition = target instanceof Resource resource
                ? context.getResourceDefinition(resource)
                : (BaseRuntimeElementCompositeDefinition<?>) context.getElementDefinition(target.getClass());
        for (BaseRuntimeChildDefinition child : definition.getChildren()) {
            if (!Set.of("contained", "resource", "id", "response", "outcome", "extension", "modifierExtension")
                    .contains(child.getElementName())) {
                List<String> names = child.getValidChildNames().stream()
                        // No element has it, whatever HAPI's definition says.
                        .filter(each -> !each.endsWith("Xhtml"))
                        .sorted()
                        .toList();
                String name = names.get((variant + number++) % names.size());
                BaseRuntimeElementDefinition<?> type = child.getChildByName(name);
                Object arguments = child.getInstanceConstructorArguments();
                IBase value = arguments == null ? type.newInstance() : type.newInstance(arguments);
                if (plant(child, value, depth)) {
                    child.getMutator().addValue(target, value);
                }
            }
        }
    }

    private boolean plant(BaseRuntimeChildDefinition child, IBase value, int depth) {
        if (value instanceof Resource) {
            return false;
        }
        if (value instanceof Element element && !(value instanceof Extension)) {
            element.setId("planted-element");
            element.addExtension(new Extension("urn:planted", new StringType("planted")));
        }
        if (value instanceof BackboneElement backbone) {
            backbone.addModifierExtension(new Extension("urn:planted", new StringType("planted")));
        }
        if (value instanceof IPrimitiveType<?> primitive) {
            primitive(child, primitive);
            return true;
        }
        if (value instanceof Narrative narrative) {
            narrative.setStatus(Narrative.NarrativeStatus.GENERATED);
            narrative.setDivAsString("<div xmlns=\"http://www.w3.org/1999/xhtml\">planted</div>");
            return true;
        }
        if (value instanceof Reference reference) {
            reference.setReference(number % 3 == 0 ? "#planted-inside" : "Patient/planted-id");
            reference.setDisplay("planted").setType("planted");
            reference.getIdentifier().setSystem("urn:planted").setValue("planted");
            return true;
        }
        if (value instanceof Coding coding) {
            coding.setSystem(system()).setCode("planted").setDisplay("planted").setVersion("planted");
            return true;
        }
        if (value instanceof Quantity quantity) {
            quantity.setValue(5)
                    .setUnit("planted")
                    .setSystem("http://unitsofmeasure.org")
                    .setCode("{planted}");
            return true;
        }
        if (value instanceof Extension extension) {
            extension.setUrl("http://planted.example").setValue(new StringType("planted"));
            return true;
        }
        if (depth >= DEEPEST) {
            return false;
        }
        fill(value, depth + 1);
        return true;
    }

    private String system() {
        return variant % 3 == 0
                ? "http://terminology.hl7.org/CodeSystem/v3-ActCode"
                : SYSTEMS.stream().sorted().toList().get(variant % 2);
    }

    private void primitive(BaseRuntimeChildDefinition child, IPrimitiveType<?> primitive) {
        if (primitive instanceof Enumeration<?>) {
            enumeration(child, primitive);
        } else if (primitive instanceof DateType) {
            primitive.setValueAsString(number % 2 == 0 ? "1961-07-23" : "1961-07");
        } else if (primitive instanceof BaseDateTimeType) {
            primitive.setValueAsString("1961-07-23T04:05:06Z");
        } else if (primitive instanceof TimeType) {
            primitive.setValueAsString("04:05:06");
        } else if (primitive instanceof BooleanType) {
            primitive.setValueAsString("true");
        } else if (primitive instanceof IntegerType || primitive instanceof DecimalType) {
            primitive.setValueAsString("7");
        } else if (primitive instanceof Base64BinaryType) {
            primitive.setValueAsString("cGxhbnRlZA==");
        } else if (primitive instanceof IdType || primitive instanceof CodeType) {
            primitive.setValueAsString("planted");
        } else {
            primitive.setValueAsString("planted:" + number);
        }
    }

    private static void enumeration(BaseRuntimeChildDefinition child, IPrimitiveType<?> primitive) {
        if (child instanceof RuntimeChildPrimitiveEnumerationDatatypeDefinition bound) {
            Object first = bound.getBoundEnumType().getEnumConstants()[0];
            @SuppressWarnings("unchecked")
            IPrimitiveType<Object> any = (IPrimitiveType<Object>) primitive;
            any.setValue(first);
        }
    }
}
