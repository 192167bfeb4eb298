/** Sends AuditEvents to another Audit Record Repository (IHE ITI-20): FHIR, or DICOM messages by syslog over TLS. */
@NullMarked
package org.securemed.fhir.feed;

import org.jspecify.annotations.NullMarked;
