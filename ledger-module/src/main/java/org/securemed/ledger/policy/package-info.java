/** Which logs and witnesses somebody trusts, and how many of them: C2SP tlog-policy. */
@NullMarked
package org.securemed.ledger.policy;

import org.jspecify.annotations.NullMarked;
