/** Sends AuditEvents to another Audit Record Repository (IHE RESTful ATNA, ITI-20). */
@NullMarked
package org.securemed.fhir.feed;

import org.jspecify.annotations.NullMarked;
