package org.securemed.fhir.server;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.server.exceptions.InvalidRequestException;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.hl7.fhir.r4.model.Parameters;
import org.securemed.fhir.problem.Problem;

/**
 * Refuses parameters that an operation does not have, and more of one than it takes. HAPI would leave them out, and who
 * misspelt {@code period} would take a whole record for that of a day. It looks at the request alone.
 */
@Interceptor
public final class KnownParameters {
    /** They are about the form of the answer, whatever the operation. */
    private static final Set<String> OF_THE_ANSWER = Set.of("_format", "_pretty", "_summary", "_elements");

    /**
     * Of each operation by name: its parameters, and how often each may be given; less than 0 for as often as one
     * likes.
     */
    private final Map<String, Map<String, Integer>> operations = new HashMap<>();

    /** @param providers whose operations say all that they take */
    KnownParameters(List<Object> providers) {
        for (Object provider : providers) {
            for (Method method : provider.getClass().getMethods()) {
                Operation operation = method.getAnnotation(Operation.class);
                if (operation != null) {
                    operations.put(operation.name(), parameters(method));
                }
            }
        }
    }

    private static Map<String, Integer> parameters(Method method) {
        Map<String, Integer> parameters = new TreeMap<>();
        for (Parameter parameter : method.getParameters()) {
            OperationParam declared = parameter.getAnnotation(OperationParam.class);
            if (declared != null) {
                parameters.put(declared.name(), declared.max());
            }
        }
        return parameters;
    }

    /** Called for each request, and again for each GET entry of a Bundle. */
    @Hook(Pointcut.SERVER_INCOMING_REQUEST_PRE_HANDLED)
    public void check(RequestDetails request) {
        String operation = request.getOperation();
        if (operation == null || !operations.containsKey(operation)) {
            return;
        }
        Map<String, Integer> known = operations.get(operation);
        Map<String, Integer> given = new HashMap<>();
        request.getParameters().forEach((name, values) -> {
            if (!OF_THE_ANSWER.contains(name)) {
                given.merge(name, values.length, Integer::sum);
            }
        });
        if (request.getResource() instanceof Parameters body) {
            body.getParameter().forEach(parameter -> given.merge(String.valueOf(parameter.getName()), 1, Integer::sum));
        }
        given.forEach((name, times) -> {
            int most = known.getOrDefault(name, 0);
            if (most == 0) {
                throw refused("Unknown parameter. " + operation
                        + (known.isEmpty() ? " has none." : " has: " + String.join(", ", known.keySet()) + "."));
            }
            if (most > 0 && times > most) {
                throw refused("Give " + name + " once.");
            }
        });
    }

    private static InvalidRequestException refused(String diagnostics) {
        InvalidRequestException refusal = new InvalidRequestException(diagnostics);
        refusal.setOperationOutcome(
                Problem.badRequest("malformed-parameters", diagnostics).operationOutcome());
        return refusal;
    }
}
