/**
 * Who is asking, and what an app may ask for: the authorization server (SMART App Launch 2.2 on Spring Authorization
 * Server), the resource server's token check, scopes, log-in. Knows tokens, clients and accounts; knows nothing about
 * consent, the ledger or HAPI's storage.
 */
@NullMarked
package org.securemed.fhir.smart;

import org.jspecify.annotations.NullMarked;
