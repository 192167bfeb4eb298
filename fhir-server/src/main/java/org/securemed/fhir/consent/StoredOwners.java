package org.securemed.fhir.consent;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.util.Optional;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.owner.Assignment;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.Ownership;

/** Keeps the owner index in step with the store, inside the transaction of each write. */
@Interceptor
public final class StoredOwners {
    private final OwnerIndex index;
    private final WriteGate writes;
    private final ResourceAccess access;
    private final GroupMembers members;

    StoredOwners(OwnerIndex index, WriteGate writes, ResourceAccess access, GroupMembers members) {
        this.members = members;
        this.access = access;
        this.index = index;
        this.writes = writes;
    }

    /** A patch reaches here without the partition hooks: its result must belong to whom it belonged before. */
    @Hook(Pointcut.STORAGE_PRESTORAGE_RESOURCE_UPDATED)
    public void beforeUpdate(@Nullable IBaseResource before, IBaseResource after, RequestDetails request) {
        if (before != null) {
            writes.keepLabels(before, after, request);
        }
        writes.requireUnmoved(after, request);
    }

    @Hook(Pointcut.STORAGE_PRECOMMIT_RESOURCE_CREATED)
    public void created(IBaseResource resource, RequestDetails request) {
        record(resource, request);
    }

    @Hook(Pointcut.STORAGE_PRECOMMIT_RESOURCE_UPDATED)
    public void updated(IBaseResource before, IBaseResource after, RequestDetails request) {
        record(after, request);
    }

    /** HAPI may tell of a deletion only while its transaction is committing. */
    @Hook(Pointcut.STORAGE_PRESTORAGE_RESOURCE_DELETED)
    public void beforeDelete(IBaseResource resource, RequestDetails request) {
        index.expectStored();
    }

    @Hook(Pointcut.STORAGE_PRECOMMIT_RESOURCE_DELETED)
    public void deleted(IBaseResource resource, RequestDetails request) {
        members.deleted(resource);
        String reference = reference(resource);
        Optional<Ownership> ownership = index.find(reference);
        ownership.ifPresent(known -> index.stored(reference, new Ownership(known.partition(), known.patients(), true)));
    }

    private void record(IBaseResource resource, RequestDetails request) {
        Assignment assignment = writes.admit(resource, request);
        index.stored(reference(resource), assignment.stored(), access.facts(resource));
        members.stored(resource, request);
    }

    private static String reference(IBaseResource resource) {
        return resource.fhirType() + "/" + resource.getIdElement().getIdPart();
    }
}
