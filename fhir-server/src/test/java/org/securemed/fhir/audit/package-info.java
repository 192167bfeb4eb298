@NullMarked
package org.securemed.fhir.audit;

import org.jspecify.annotations.NullMarked;
