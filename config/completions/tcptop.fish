# SPDX-License-Identifier: MIT
# Completion of tcptop for fish. Lines that begin with "# @" stand for the program's own tables.

# What is being typed: the argument of an option, without its quote.
function _token_tcptop
    commandline -ct | string replace -r '^--[a-z-]+=' '' | string replace -r '^[\'"]' ''
end

function _list_tcptop
    set -l head (_token_tcptop | string replace -r '[^,]*$' '')
    printf '%s\n' "$head"$argv
end

function _sort_tcptop
    set -l token (_token_tcptop)
    set -l head (string replace -r '[^,]*$' '' -- "$token")
    if string match -qr ':[^,]*$' -- "$token"
        set head (string replace -r '[^:]*$' '' -- "$token")
        set argv asc desc
    end
    printf '%s\n' "$head"$argv
end

function _units_tcptop
    set -l digits (_token_tcptop | string match -r '^[0-9][0-9.]*')
    and printf '%s\n' $digits$argv
end

function _namespaces_tcptop
    printf '%s\n' init all
    for present in /run/netns/*
        path basename $present 2>/dev/null
        or basename $present
    end
end

function _pids_tcptop
    string match -r '\d+$' -- /proc/*
end

function _filter_tcptop
    set -l token (_token_tcptop)
    set -l last (string match -r '[^\s()|&!]*$' -- "$token")
    set -l head (string replace -r '[^\s()|&!]*$' '' -- "$token")
    set -l fields
    set -l words
    if not string match -qr '[:<>=!]' -- "$last"
        # @fields
        for word in $fields
            contains -- $word not exclude
            and echo "$head$word"
            or echo "$head$word:"
        end
        return
    end
    set -l field (string replace -r '[:<>=!].*' '' -- "$last")
    set -l typed (string match -r '[^,:<>=!]*$' -- "$last")
    set head (string replace -r '[^,:<>=!]*$' '' -- "$token")
    if string match -qr '^[0-9]' -- "$typed"
        set head "$head"(string match -r '^[0-9.]+' -- "$typed")
        switch $field
        # @field-units
        end
    else
        switch $field
        # @field-values
        end
    end
    printf '%s\n' "$head"$words
end

set -l locale (string match -r '.+' -- $LC_ALL $LC_MESSAGES $LANG en)
complete -c tcptop -f
# @options
