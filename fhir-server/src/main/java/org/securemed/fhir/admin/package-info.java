/** What an operator watches. */
@NullMarked
package org.securemed.fhir.admin;

import org.jspecify.annotations.NullMarked;
