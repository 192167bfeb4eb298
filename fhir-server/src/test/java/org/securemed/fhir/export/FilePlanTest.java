package org.securemed.fhir.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.owner.PartitionContents.Held;

class FilePlanTest {
    @Test
    void a_file_holds_one_type_and_is_full_with_what_fills_it() {
        FilePlan plan = new FilePlan(10);
        plan.add(new Held(103, "Observation", 6));
        plan.add(new Held(103, "Condition", 1));
        plan.add(new Held(101, "Observation", 6));
        plan.add(new Held(104, "Observation", 500));
        plan.add(new Held(105, "Observation", 1));

        List<ExportJobs.File> files = plan.files();

        assertThat(files)
                .extracting(ExportJobs.File::type)
                .containsExactly("Condition", "Observation", "Observation", "Observation");
        assertThat(files)
                .extracting(ExportJobs.File::partitions)
                .containsExactly(List.of(103), List.of(101, 103), List.of(104), List.of(105));
        assertThat(files).extracting(ExportJobs.File::id).doesNotHaveDuplicates();
    }

    @Test
    void an_export_of_nothing_has_no_files() {
        assertThat(new FilePlan(10).files()).isEmpty();
    }
}
