package org.securemed.fhir.subscription;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import org.hl7.fhir.instance.model.api.IBaseResource;

/** Notes what is written, in the transaction that writes it, if somebody wants to hear of its type. */
@Interceptor
public final class Changes {
    private final Hooks hooks;

    Changes(Hooks hooks) {
        this.hooks = hooks;
    }

    @Hook(Pointcut.STORAGE_PRECOMMIT_RESOURCE_CREATED)
    public void created(IBaseResource resource) {
        note(resource);
    }

    @Hook(Pointcut.STORAGE_PRECOMMIT_RESOURCE_UPDATED)
    public void updated(IBaseResource before, IBaseResource after) {
        note(after);
    }

    private void note(IBaseResource resource) {
        if (hooks.types().contains(resource.fhirType())) {
            hooks.changed(
                    resource.fhirType(),
                    resource.fhirType() + "/" + resource.getIdElement().getIdPart());
        }
    }
}
