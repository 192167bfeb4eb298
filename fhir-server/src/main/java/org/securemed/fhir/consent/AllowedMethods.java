package org.securemed.fhir.consent;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.rest.api.RestOperationTypeEnum;
import ca.uhn.fhir.rest.server.method.BaseMethodBinding;
import ca.uhn.fhir.rest.server.method.OperationMethodBinding;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The list of what the FHIR endpoint can do; all else that HAPI brings is not bound, and so neither callable nor in the
 * CapabilityStatement.
 */
@Interceptor
public final class AllowedMethods {
    private static final Set<RestOperationTypeEnum> INTERACTIONS = Set.of(
            RestOperationTypeEnum.READ,
            RestOperationTypeEnum.VREAD,
            RestOperationTypeEnum.SEARCH_TYPE,
            RestOperationTypeEnum.CREATE,
            RestOperationTypeEnum.UPDATE,
            RestOperationTypeEnum.PATCH,
            RestOperationTypeEnum.DELETE,
            RestOperationTypeEnum.HISTORY_INSTANCE,
            RestOperationTypeEnum.METADATA,
            RestOperationTypeEnum.VALIDATE);

    private static final Set<String> OPERATIONS =
            Set.of("$validate", "$summary", "$expand", "$validate-code", "$lookup", "$subsumes", "$translate");

    /** Types that only our own providers serve; Bundles, too, come to one of ours. */
    private static final Set<String> OURS = Set.of("AuditEvent");

    /** Types that would act on data behind the gate. */
    private static final Set<String> CLOSED = Set.of("Subscription");

    /** Null un-binds the method. */
    @Hook(Pointcut.SERVER_PROVIDER_METHOD_BOUND)
    public @Nullable BaseMethodBinding bound(BaseMethodBinding binding) {
        Object provider = binding.getProvider();
        if (provider != null && provider.getClass().getName().startsWith("org.securemed.")) {
            return binding;
        }
        String type = binding.getResourceName();
        if (type != null && (OURS.contains(type) || CLOSED.contains(type))) {
            return null;
        }
        if (binding instanceof OperationMethodBinding operation) {
            return OPERATIONS.contains(operation.getName()) ? binding : null;
        }
        return INTERACTIONS.contains(binding.getRestOperationType()) ? binding : null;
    }
}
