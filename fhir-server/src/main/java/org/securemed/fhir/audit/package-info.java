/**
 * The record of every exchange: entries for the ledger, made before the response leaves, and AuditEvents, which are a
 * view of these entries.
 */
@NullMarked
package org.securemed.fhir.audit;

import org.jspecify.annotations.NullMarked;
