/** Health, alarms, and why a server does not start. */
@NullMarked
package org.securemed.fhir.admin;

import org.jspecify.annotations.NullMarked;
